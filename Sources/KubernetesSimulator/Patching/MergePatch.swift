internal import JSON

/// JSON merge patch (RFC 7386): members replace members, null removes, arrays are replaced whole.
enum MergePatch {
    static func applied(_ patch: JSONValue, to target: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var result = target.object ?? [:]
        for (name, change) in changes {
            if change.isNull {
                result[name] = nil
            } else {
                result[name] = applied(change, to: result[name] ?? .null)
            }
        }
        return .object(result)
    }
}
