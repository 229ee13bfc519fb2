internal import JSON

/// Merges a configuration into an object, and takes out what is no longer applied.
enum AppliedMerge {
    /// Objects are merged by member and lists by element, as far as ``ListKeys`` knows how; all else is replaced.
    static func applied(_ configuration: JSONValue, to live: JSONValue?, field: String) -> JSONValue {
        switch (configuration, live) {
        case (.object(let members), .object(var result)):
            for (name, value) in members { result[name] = applied(value, to: result[name], field: name) }
            return .object(result)
        case (.array(let elements), .array(var result)) where ListKeys.sort(of: field) != .atomic:
            for element in elements {
                let path = FieldSet.element(element, of: field)
                if let index = result.firstIndex(where: { path != nil && FieldSet.element($0, of: field) == path }) {
                    result[index] = applied(element, to: result[index], field: "")
                } else {
                    result.append(element)
                }
            }
            return .array(result)
        default: return configuration
        }
    }

    /// Removes the fields of a set, but for what somebody still owns.
    static func remove(_ fields: FieldSet, keeping kept: FieldSet, from value: inout JSONValue, field: String) {
        for (path, child) in fields.children {
            guard var inner = FieldSet.child(path, of: value, field: field) else { continue }
            let keptBelow = kept.children[path] ?? FieldSet()
            var isGone = child.isMember && keptBelow.isEmpty
            if !isGone {
                remove(child, keeping: keptBelow, from: &inner, field: FieldSet.field(path))
                // What nobody owns and has nothing left below it goes, too.
                isGone = keptBelow.isEmpty && (inner == [:] || inner == [])
            }
            set(path, to: isGone ? Optional.none : inner, in: &value, field: field)
        }
    }

    private static func set(_ path: String, to new: JSONValue?, in value: inout JSONValue, field: String) {
        if path.hasPrefix("f:") { return value[String(path.dropFirst(2))] = new }
        guard var elements = value.array,
            let index = elements.firstIndex(where: { FieldSet.element($0, of: field) == path })
        else { return }
        if let new { elements[index] = new } else { elements.remove(at: index) }
        value = .array(elements)
    }
}
