internal import JSON
internal import OrderedCollections

/// Strategic merge patch: a merge patch that knows which lists are merged element by element.
///
/// Directives: `$patch: replace|delete|merge` in an object or as an element of a list, `$retainKeys`,
/// `$deleteFromPrimitiveList/<field>`; `$setElementOrder/<field>` orders what it names.
enum StrategicMergePatch {
    static func applied(_ patch: JSONValue, to target: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        switch changes["$patch"]?.string {
        case "replace": return .object(withoutDirectives(changes))
        case "delete": return [:]
        default: break
        }
        var result = target.object ?? [:]
        if let kept = changes["$retainKeys"]?.array { result = result.filter { kept.contains(.string($0.key)) } }
        for (name, change) in withoutDirectives(changes) {
            if change.isNull {
                result[name] = nil
            } else {
                result[name] = merged(change, into: result[name], field: name)
            }
        }
        for (directive, value) in changes { carryOut(directive, value, on: &result) }
        return .object(result)
    }

    private static func merged(_ change: JSONValue, into old: JSONValue?, field: String) -> JSONValue {
        guard case .array(let elements) = change else { return applied(change, to: old ?? .null) }
        switch ListKeys.sort(of: field) {
        case .atomic: return .array(elements.map(cleaned))
        case .set:
            let known = old?.array ?? []
            return .array(known + elements.filter { !known.contains($0) })
        case .map(let keys):
            return mergedList(
                elements, into: old?.array ?? [], key: ListKeys.strategicKey(keys, of: elements))
        }
    }

    private static func mergedList(_ changes: [JSONValue], into old: [JSONValue], key: String) -> JSONValue {
        var result = old
        if changes.contains(where: { $0["$patch"] == "replace" && $0[key] == nil }) { result = [] }
        for change in changes {
            guard let identity = change[key] else { continue }
            let index = result.firstIndex { $0[key] == identity }
            switch (change["$patch"]?.string, index) {
            case ("delete", let index?): result.remove(at: index)
            case ("delete", nil): break
            case (_, let index?): result[index] = applied(change, to: result[index])
            case (_, nil): result.append(applied(change, to: .null))
            }
        }
        return .array(result)
    }

    private static func carryOut(
        _ directive: String, _ value: JSONValue, on result: inout OrderedDictionary<String, JSONValue>
    ) {
        guard let slash = directive.firstIndex(of: "/"), let list = value.array else { return }
        let field = String(directive[directive.index(after: slash)...])
        guard let elements = result[field]?.array else { return }
        switch directive[..<slash] {
        case "$deleteFromPrimitiveList": result[field] = .array(elements.filter { !list.contains($0) })
        case "$setElementOrder": result[field] = .array(ordered(elements, by: list))
        default: break
        }
    }

    /// Elements that the order names, in that order, each followed by the unnamed ones that stood behind it.
    private static func ordered(_ elements: [JSONValue], by order: [JSONValue]) -> [JSONValue] {
        let rank = { (element: JSONValue) in
            order.firstIndex { named in
                guard let members = named.object else { return named == element }
                return members.allSatisfy { element[$0.key] == $0.value }
            }
        }
        var lastRank = -1
        let ranked = elements.enumerated().map { position, element in
            lastRank = rank(element) ?? lastRank
            return (rank: lastRank, position: position, element: element)
        }
        return ranked.sorted { ($0.rank, $0.position) < ($1.rank, $1.position) }.map(\.element)
    }

    private static func withoutDirectives(
        _ members: OrderedDictionary<String, JSONValue>
    ) -> OrderedDictionary<String, JSONValue> {
        members.filter { !$0.key.hasPrefix("$") }
    }

    private static func cleaned(_ value: JSONValue) -> JSONValue {
        value.object.map { .object(withoutDirectives($0)) } ?? value
    }
}
