package import JSON
internal import YAML

/// The part of a configuration file in upstream's form that a run reads: the member `scripting`.
///
/// ```yaml
/// scripting:
///   env:
///     SLACK_WEBHOOK: https://…
///   source: /home/me/scripts
///   sources: [/home/me/more, /home/me/one.js]
///   active: [Alert on 500]
/// ```
package struct RunConfigurationFile: Sendable, Equatable {
    /// The values that scripts see as `env`.
    package var environment: JSONValue = [:]
    /// Folders and files.
    package var sources: [String] = []
    /// Whether folders are read with the folders in them.
    package var isRecursive = false
    /// Titles of the scripts that run; nil where the file says nothing, or has an empty list.
    package var activeTitles: Set<String>?

    /// Reads a file's text; `path` names it in errors.
    package init(_ bytes: [UInt8], path: String) throws(RunRefusal) {
        let document: JSONValue
        do {
            document = try YAML.parse(bytes)
        } catch {
            throw RunRefusal("\(path):\(error.line):\(error.column): \(error.problem)")
        }
        guard !document.isNull else { return }
        guard document.object != nil else { throw RunRefusal("\(path): is no mapping: it begins with \"scripting:\"") }
        guard let scripting = document["scripting"], !scripting.isNull else { return }
        guard scripting.object != nil else { throw RunRefusal("\(path): scripting is no mapping") }

        if let env = scripting["env"], !env.isNull {
            guard env.object != nil else { throw RunRefusal("\(path): scripting.env is no mapping of names to values") }
            environment = env
        }
        if let source = scripting["source"], !source.isNull, source != "" {
            guard let folder = source.string else { throw RunRefusal("\(path): scripting.source is no path") }
            sources.append(folder)
        }
        sources += try Self.texts(scripting["sources"], "scripting.sources", path) ?? []
        if let recursive = scripting["recursive"], !recursive.isNull {
            guard let flag = recursive.boolean else {
                throw RunRefusal("\(path): scripting.recursive is neither true nor false")
            }
            isRecursive = flag
        }
        let titles = try Self.texts(scripting["active"], "scripting.active", path) ?? []
        if !titles.isEmpty { activeTitles = Set(titles) }
    }

    private static func texts(_ value: JSONValue?, _ name: String, _ path: String) throws(RunRefusal) -> [String]? {
        switch value {
        case nil, .null: return nil
        case .string(let text): return text.isEmpty ? [] : [text]
        case .array(let elements):
            let texts = elements.compactMap(\.string)
            guard texts.count == elements.count else { throw RunRefusal("\(path): \(name) is no list of texts") }
            return texts
        default: throw RunRefusal("\(path): \(name) is no list of texts")
        }
    }
}
