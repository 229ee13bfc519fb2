internal import JSON
internal import YAML

/// Replaces values in a copy of an item by `[REDACTED]`.
enum Redaction {
    static let replacement: JSONValue = "[REDACTED]"

    /// One part of a redacted path: a step, or a look into a text that is JSON itself.
    enum Step: Sendable, Equatable {
        case path(PathStep)
        case json
    }

    /// The paths that a filter's `redact` helpers name, wherever they stand.
    static func paths(in expression: Expression) -> [[Step]] {
        switch expression {
        case .literal, .regularExpression, .path: return []
        case .group(let inner), .not(let inner), .negated(let inner), .selection(let inner, _): return paths(in: inner)
        case .comparison(_, let a, let b): return paths(in: a) + paths(in: b)
        case .chain(let first, let rest): return rest.reduce(paths(in: first)) { $0 + paths(in: $1.1) }
        case .call(.redact, _, let arguments):
            return arguments.compactMap { argument in
                guard case .literal(.string(let text)) = argument else { return nil }
                return (try? Parser.parse(text, macros: FilterMacros([:]))).flatMap { $0 }.flatMap(steps)
            }
        case .call(_, let receiver, let arguments):
            return (receiver.map(paths) ?? []) + arguments.flatMap(paths)
        }
    }

    private static func steps(_ expression: Expression) -> [Step]? {
        switch expression {
        case .path(let path): path.steps.map(Step.path)
        case .selection(let base, let rest): steps(base).map { $0 + rest.map(Step.path) }
        case .call(.json, let receiver?, _): steps(receiver).map { $0 + [.json] }
        default: nil
        }
    }

    static func redact(_ value: JSONValue, at steps: ArraySlice<Step>) -> JSONValue {
        guard let first = steps.first else { return replacement }
        let rest = steps.dropFirst()
        switch (first, value) {
        case (.json, .string(let text)):
            if let bytes = Base64.decode(text), let tree = try? JSONValue(parsing: bytes) {
                return .string(Base64.encode(redact(tree, at: rest).encoded()))
            }
            guard let tree = try? JSONValue(parsing: text) else { return value }
            return .string(redact(tree, at: rest).description)
        case (.json, _): return redact(value, at: rest)
        case (.path(.member(let name)), .object(var members)):
            // Header names mean the same in any case: all of them are redacted.
            for key in members.keys where key == name || key.lowercased() == name.lowercased() {
                if let member = members[key] { members[key] = redact(member, at: rest) }
            }
            return .object(members)
        case (.path(.element(let index)), .array(var elements)):
            let place = index < 0 ? elements.count + index : index
            guard elements.indices.contains(place) else { return value }
            elements[place] = redact(elements[place], at: rest)
            return .array(elements)
        case (.path(.all), .array(let elements)): return .array(elements.map { redact($0, at: rest) })
        case (.path(.all), .object(let members)): return .object(members.mapValues { redact($0, at: rest) })
        case (.path(.descendants(let name)), .object(let members)):
            var changed = members
            for (key, member) in members {
                changed[key] = key == name ? redact(member, at: rest) : redact(member, at: steps)
            }
            return .object(changed)
        case (.path(.descendants), .array(let elements)): return .array(elements.map { redact($0, at: steps) })
        default: return value
        }
    }
}
