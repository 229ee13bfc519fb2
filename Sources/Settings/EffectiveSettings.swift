package import JSON
internal import OrderedCollections
internal import YAML

/// The settings in force: defaults, then the configuration file, then `--set`, `--set-json` and `--set-file`.
package struct EffectiveSettings: Sendable, Equatable {
    /// All settings as a tree.
    package private(set) var values: JSONValue
    /// What does not keep the settings from being used: keys of the file that nobody knows.
    package private(set) var warnings: [String] = []

    /// The defaults.
    package init() { values = SettingsSchema.defaults }

    // MARK: The file

    /// Lays a configuration file's text over the settings.
    package mutating func merge(file bytes: [UInt8], path: String) throws(SettingsError) {
        let document: JSONValue
        do {
            document = try YAML.parse(bytes)
        } catch {
            throw .notYAML(path: path, reason: "\(error)")
        }
        guard !document.isNull else { return }
        guard case .object(let sections) = document else {
            throw .notYAML(path: path, reason: "it is not a mapping of settings")
        }
        var merged = values
        try merge(sections, at: [], into: &merged, path)
        values = merged
    }

    private mutating func merge(
        _ members: OrderedDictionary<String, JSONValue>, at names: [String], into target: inout JSONValue,
        _ path: String
    ) throws(SettingsError) {
        for (name, value) in members {
            let key = (names + [name]).joined(separator: ".")
            guard let kind = SettingsSchema.kind(at: names + [name]) else {
                warnings.append("\(path): there is no setting \(key)\(Self.hint(key)); it is passed over")
                continue
            }
            // As in upstream's file, an empty value means the default.
            if value.isNull { continue }
            if case .section = kind {
                guard case .object(let inner) = value else {
                    throw .wrongType(key: key, expected: "a mapping of settings", origin: path)
                }
                var section = target[name] ?? [:]
                try merge(inner, at: names + [name], into: &section, path)
                target[name] = section
            } else {
                target[name] = try Self.checked(value, kind, key, origin: path)
            }
        }
    }

    // MARK: Assignments

    /// Applies arguments of the command line, in order.
    package mutating func apply(_ assignments: [SettingAssignment]) throws(SettingsError) {
        // The first assignment to a list replaces the file's, those after it add to it: upstream's way to give lists.
        var assigned: Set<SettingPath> = []
        for assignment in assignments {
            let isRepeated = !assigned.insert(assignment.path).inserted
            try apply(assignment, isRepeated: isRepeated)
        }
    }

    private mutating func apply(_ assignment: SettingAssignment, isRepeated: Bool) throws(SettingsError) {
        let path = assignment.path
        let names = path.memberNames
        guard let kind = SettingsSchema.kind(at: names) else {
            let key = names.joined(separator: ".")
            throw .unknownKey(path.description, suggestion: Self.suggestion(key))
        }
        let key = path.description
        let origin = assignment.origin
        let isElement = path.steps.count > names.count
        let current = values.value(at: path.steps[...])

        let result: JSONValue?
        switch assignment.operation {
        case .remove:
            // A setting goes back to its default; in a free mapping or a list, the value goes.
            result = isElement ? nil : SettingsSchema.defaults.value(at: path.steps[...])
        case .value(let value):
            result = isElement ? value : try Self.checked(value, kind, key, origin: origin)
        case .list(let texts):
            result = try Self.checked(.array(texts.map(JSONValue.string)), kind, key, origin: origin)
        case .append(let text):
            guard kind.isList, !isElement else {
                throw .wrongType(key: key, expected: kind.expectation, origin: origin)
            }
            result = .array((current?.array ?? []) + [.string(text)])
        case .text(let text):
            if isElement {
                result = .string(text)
            } else if case .texts = kind {
                result = .array((isRepeated ? current?.array ?? [] : []) + [.string(text)])
            } else {
                result = try Self.parsed(text, kind, key, origin)
            }
        }
        if isElement, !kind.isList { throw .wrongType(key: key, expected: kind.expectation, origin: origin) }
        values.set(result, at: path.steps[...])
    }

    private static func parsed(
        _ text: String, _ kind: SettingsSchema.Kind, _ key: String, _ origin: String
    ) throws(SettingsError) -> JSONValue {
        switch kind {
        case .text, .anything: return .string(text)
        case .flag:
            let flags = ["true": true, "1": true, "false": false, "0": false]
            if let flag = flags[text.lowercased()] { return .boolean(flag) }
        case .integer:
            if let number = Int64(text) { return .integer(number) }
        case .texts, .section: break
        }
        throw .wrongType(key: key, expected: kind.expectation, origin: origin)
    }

    private static func checked(
        _ value: JSONValue, _ kind: SettingsSchema.Kind, _ key: String, origin: String
    ) throws(SettingsError) -> JSONValue {
        switch (kind, value) {
        case (.text, .string), (.flag, .boolean), (.integer, .integer), (.anything, _): return value
        // YAML reads an unquoted title such as 500 as a number.
        case (.text, .integer), (.text, .double): return .string(value.description)
        case (.texts, .string(let text)): return text.isEmpty ? [] : [value]
        case (.texts, .array(let elements)):
            let texts = elements.map { element -> JSONValue? in
                switch element {
                case .string: element
                case .integer, .double: .string(element.description)
                default: nil
                }
            }
            if texts.allSatisfy({ $0 != nil }) { return .array(texts.compactMap { $0 }) }
        case (.section, .object): return value
        default: break
        }
        throw .wrongType(key: key, expected: kind.expectation, origin: origin)
    }

    // MARK: Reading

    /// A text, empty if it is not set.
    package func text(_ key: String) -> String { self[key]?.string ?? "" }
    /// A switch.
    package func flag(_ key: String) -> Bool { self[key]?.boolean ?? false }
    /// A list of texts.
    package func texts(_ key: String) -> [String] { self[key]?.array?.compactMap(\.string) ?? [] }

    /// The value at a key with dots.
    package subscript(key: String) -> JSONValue? {
        var value: JSONValue? = values
        for name in key.split(separator: ".") { value = value?[String(name)] }
        return value
    }

    /// The settings as YAML, as a configuration file has them; the values of `scripting.env` only if they are asked for.
    package func yaml(showingSecrets: Bool) -> [UInt8] {
        YAML.emit(showingSecrets ? values : withoutSecrets)
    }

    /// The settings with every value of `scripting.env` hidden.
    package var withoutSecrets: JSONValue {
        var shown = values
        if let environment = self["scripting.env"]?.object {
            var scripting = shown["scripting"] ?? [:]
            scripting["env"] = .object(environment.mapValues { _ in "(hidden)" })
            shown["scripting"] = scripting
        }
        if let license = shown["license"]?.string, !license.isEmpty { shown["license"] = "(hidden)" }
        return shown
    }

    // MARK: Suggestions

    private static func hint(_ key: String) -> String {
        suggestion(key).map { " (did you mean \($0)?)" } ?? ""
    }

    /// The setting whose name differs least; nil if none is close.
    private static func suggestion(_ key: String) -> String? {
        let candidates = SettingsSchema.allKeys.map { ($0, distance(key.lowercased(), $0.lowercased())) }
        guard let best = candidates.min(by: { $0.1 < $1.1 }), best.1 <= 3 else { return nil }
        return best.0
    }

    /// How many letters have to be changed, added or left out (Levenshtein).
    private static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b)
        var row = Array(0...b.count)
        for (i, character) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in 0..<b.count {
                let cost = diagonal + (character == b[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(cost, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}

extension SettingPath {
    /// The names before the first bracket.
    var memberNames: [String] {
        var names: [String] = []
        for step in steps {
            guard case .member(let name) = step else { break }
            names.append(name)
        }
        return names
    }
}

extension SettingsSchema.Kind {
    var isList: Bool {
        switch self {
        case .texts, .anything: true
        default: false
        }
    }

    /// What a value of it is, for messages.
    var expectation: String {
        switch self {
        case .text: "a text"
        case .flag: "true or false"
        case .integer: "a whole number"
        case .texts: "a text or a list of texts"
        case .anything: "a value"
        case .section: "the name of a setting in it, such as scripting.source"
        }
    }
}

extension JSONValue {
    /// The value at some steps down; nil if there is none.
    fileprivate func value(at steps: ArraySlice<SettingPath.Step>) -> JSONValue? {
        switch steps.first {
        case nil: self
        case .member(let name): self[name]?.value(at: steps.dropFirst())
        case .element(let index): self[index]?.value(at: steps.dropFirst())
        }
    }

    /// Puts a value at some steps down, with mappings and lists on the way; nil takes it out.
    fileprivate mutating func set(_ value: JSONValue?, at steps: ArraySlice<SettingPath.Step>) {
        switch steps.first {
        case nil: self = value ?? .null
        case .member(let name):
            if steps.count == 1 { return self[name] = value }
            var inner = self[name] ?? .null
            inner.set(value, at: steps.dropFirst())
            self[name] = inner
        case .element(let index):
            var elements = array ?? []
            if steps.count == 1, value == nil {
                if elements.indices.contains(index) { elements.remove(at: index) }
            } else {
                while elements.count <= index { elements.append("") }
                elements[index].set(value, at: steps.dropFirst())
            }
            self = .array(elements)
        }
    }
}
