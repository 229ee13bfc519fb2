package import JSON
package import OrderedCollections
internal import YAML

/// What scripts see as `env`, from the secret.
///
/// It never shows its values: neither in descriptions nor in errors.
package struct ScriptEnvironment: Sendable, Hashable {
    /// The values by name: texts, mostly.
    package private(set) var values: OrderedDictionary<String, JSONValue> = [:]

    /// Nothing.
    package init() {}

    /// These values.
    package init(_ values: OrderedDictionary<String, JSONValue>) { self.values = values }

    /// Reads a secret's entries `data`, whose values are base64; a missing key and an empty one hold nothing.
    package init(secretData: [String: String]) throws(ScriptEnvironmentError) {
        guard let text = secretData[ConfigMapKey.environment] else { return }
        guard let bytes = Base64.decode(text) else { throw .notBase64(key: ConfigMapKey.environment) }
        guard !bytes.allSatisfy({ [0x20, 0x09, 0x0a, 0x0d].contains($0) }) else { return }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw .notJSON(error)
        }
        guard !value.isNull else { return }
        guard let object = value.object else { throw .notObject }
        values = object
    }

    /// Adds what a further secret holds, as `envFrom` of a container does: its keys become names. Those there keep their
    /// values. Values that are not UTF-8 are left out and named.
    package mutating func merge(_ source: EnvironmentSource, secretData: [String: String]) -> [String] {
        var leftOut: [String] = []
        for (key, text) in secretData.sorted(by: { $0.key < $1.key }) {
            guard let bytes = Base64.decode(text), let value = String(validating: bytes, as: UTF8.self) else {
                leftOut.append(key)
                continue
            }
            let name = source.prefix + key
            if values[name] == nil { values[name] = .string(value) }
        }
        return leftOut
    }

    /// The value that scripts get.
    package var json: JSONValue { .object(values) }

    /// The entry for a secret's `data`: JSON in base64.
    package var secretText: String { Base64.encode(json.encoded()) }
}

extension ScriptEnvironment: CustomStringConvertible, CustomReflectable {
    /// The names alone.
    package var description: String { "env with \(values.keys.joined(separator: ", "))" }
    /// The names alone.
    package var customMirror: Mirror { Mirror(self, children: ["names": Array(values.keys)]) }
}

/// Why `SCRIPTING_ENV` cannot be read. Quotes nothing of it.
package enum ScriptEnvironmentError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A value of a secret is not base64, which only a text that is no secret from an API server can be.
    case notBase64(key: String)
    /// The value is not JSON.
    case notJSON(JSONError)
    /// The value is JSON, but not an object.
    case notObject

    /// What is wrong and what to do.
    package var description: String {
        switch self {
        case .notBase64(let key): "\(key) in the secret is not base64"
        case .notJSON(let error):
            "\(ConfigMapKey.environment) in the secret: \(error); write it anew with: remora scripts --once"
        case .notObject:
            "\(ConfigMapKey.environment) in the secret is not a JSON object, such as {\"S3_BUCKET\": \"…\"}"
        }
    }
}

/// A secret whose entries scripts see in `env`: an entry of `scripting.envFrom`.
package struct EnvironmentSource: Sendable, Hashable {
    /// The secret's name, in the namespace of the config map.
    package let secretName: String
    /// Put before each of its keys.
    package let prefix: String
    /// Whether it may be missing.
    package let isOptional: Bool

    /// Names a secret.
    package init(secretName: String, prefix: String = "", isOptional: Bool = false) {
        self.secretName = secretName
        self.prefix = prefix
        self.isOptional = isOptional
    }

    /// Reads `{"secretRef": {"name": …, "optional": …}, "prefix": …}`, as in a container's `envFrom`, or a mere name.
    package init?(_ value: JSONValue) {
        if let name = value.string, !name.isEmpty {
            self.init(secretName: name)
        } else if let name = value["secretRef"]?["name"]?.string, !name.isEmpty {
            self.init(
                secretName: name, prefix: value["prefix"]?.string ?? "",
                isOptional: value["secretRef"]?["optional"]?.boolean ?? false)
        } else {
            return nil
        }
    }

    /// As a container's `envFrom` has it.
    package var json: JSONValue {
        ["secretRef": ["name": .string(secretName), "optional": .boolean(isOptional)], "prefix": .string(prefix)]
    }

    /// The text of the config map's key.
    package static func text(of sources: [EnvironmentSource]) -> String {
        JSONValue.array(sources.map(\.json)).description
    }
}
