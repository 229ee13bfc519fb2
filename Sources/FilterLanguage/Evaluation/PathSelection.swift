internal import JSON

/// Follows a path through a JSON tree.
enum PathSelection {
    /// One path may select this many values (`..name` in a large item), and no more are looked for.
    static let limit = 10_000

    /// What the path selects: nil if nothing, the value if one, an array if several.
    static func select(_ steps: some Collection<PathStep>, in root: JSONValue) -> JSONValue? {
        if let value = single(steps, in: root) { return value.found }
        var values = [root]
        for (index, step) in zip(steps.indices, steps) {
            let isHeader = index > steps.startIndex && steps[steps.index(index, offsetBy: -1)] == .member("headers")
            var next: [JSONValue] = []
            for value in values where next.count < limit { follow(step, from: value, isHeader, into: &next) }
            values = next
            if values.isEmpty { return nil }
        }
        return values.count == 1 ? values[0] : .array(Array(values.prefix(limit)))
    }

    private struct Found {
        let found: JSONValue?
    }

    /// The same for a path that can select one value only; nil if this is none.
    private static func single(_ steps: some Collection<PathStep>, in root: JSONValue) -> Found? {
        var value = root
        var isHeader = false
        for step in steps {
            switch step {
            case .member(let name):
                guard let next = member(name, of: value, isHeader) else { return Found(found: nil) }
                value = next
                isHeader = name == "headers"
            case .element(let index):
                guard let next = element(index, of: value) else { return Found(found: nil) }
                value = next
                isHeader = false
            case .all, .descendants: return nil
            }
        }
        return Found(found: value)
    }

    private static func follow(_ step: PathStep, from value: JSONValue, _ isHeader: Bool, into found: inout [JSONValue])
    {
        switch step {
        case .member(let name): if let next = member(name, of: value, isHeader) { found.append(next) }
        case .element(let index): if let next = element(index, of: value) { found.append(next) }
        case .all:
            switch value {
            case .array(let elements): found.append(contentsOf: elements.prefix(limit))
            case .object(let members): found.append(contentsOf: members.values.prefix(limit))
            default: break
            }
        case .descendants(let name): descend(name, from: value, into: &found)
        }
    }

    private static func descend(_ name: String, from root: JSONValue, into found: inout [JSONValue]) {
        // A stack of our own: what a body holds may nest deeply.
        var open = [root]
        while let value = open.popLast(), found.count < limit {
            switch value {
            case .object(let members):
                if let next = members[name] { found.append(next) }
                open.append(contentsOf: members.values.reversed())
            case .array(let elements): open.append(contentsOf: elements.reversed())
            default: break
            }
        }
    }

    /// A member; of headers, whose names mean the same in any case, if need be the one that differs in case only.
    static func member(_ name: String, of value: JSONValue, _ isHeader: Bool) -> JSONValue? {
        guard case .object(let members) = value else { return nil }
        if let found = members[name] { return found }
        guard isHeader else { return nil }
        return members.first { isSameHeader($0.key, name) }?.value
    }

    private static func element(_ index: Int, of value: JSONValue) -> JSONValue? {
        guard case .array(let elements) = value else { return nil }
        let place = index < 0 ? elements.count + index : index
        return elements.indices.contains(place) ? elements[place] : Optional.none
    }

    private static func isSameHeader(_ a: String, _ b: String) -> Bool {
        guard a.utf8.count == b.utf8.count else { return false }
        return zip(a.utf8, b.utf8).allSatisfy {
            $0 == $1 || ($0 ^ $1 == 0x20 && UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20)
        }
    }
}
