internal import JSON

/// JSON patch (RFC 6902): operations in order, all or none.
struct JSONPatch: Sendable, Equatable {
    private enum Operation: Sendable, Equatable {
        case add(JSONPointer, JSONValue)
        case remove(JSONPointer)
        case replace(JSONPointer, JSONValue)
        case move(from: JSONPointer, to: JSONPointer)
        case copy(from: JSONPointer, to: JSONPointer)
        case test(JSONPointer, JSONValue)
    }

    private let operations: [Operation]

    /// Reads the operations; 400 if they are none.
    init(_ json: JSONValue) throws(APIStatus) {
        guard let list = json.array else { throw .badRequest("a JSON patch must be an array of operations") }
        var operations: [Operation] = []
        for item in list { operations.append(try Self.operation(item)) }
        self.operations = operations
    }

    /// The patched value; 422 if an operation does not fit, or a test fails.
    func applied(to value: JSONValue) throws(APIStatus) -> JSONValue {
        var value = value
        for operation in operations { try Self.carryOut(operation, on: &value) }
        return value
    }

    private static func operation(_ json: JSONValue) throws(APIStatus) -> Operation {
        let path = try pointer(json, "path")
        switch json["op"]?.string {
        case "add": return .add(path, try value(json))
        case "remove": return .remove(path)
        case "replace": return .replace(path, try value(json))
        case "move": return .move(from: try pointer(json, "from"), to: path)
        case "copy": return .copy(from: try pointer(json, "from"), to: path)
        case "test": return .test(path, try value(json))
        default: throw .badRequest("JSON patch: unknown operation \(json["op"] ?? .null)")
        }
    }

    private static func pointer(_ json: JSONValue, _ name: String) throws(APIStatus) -> JSONPointer {
        guard let pointer = json[name]?.string.flatMap(JSONPointer.init) else {
            throw .badRequest("JSON patch: an operation needs a \"\(name)\" that is a JSON pointer")
        }
        return pointer
    }

    private static func value(_ json: JSONValue) throws(APIStatus) -> JSONValue {
        guard let value = json["value"] else { throw .badRequest("JSON patch: an operation lacks its \"value\"") }
        return value
    }

    private static func carryOut(_ operation: Operation, on value: inout JSONValue) throws(APIStatus) {
        switch operation {
        case .add(let path, let new): try add(new, at: path.tokens[...], to: &value)
        case .remove(let path): _ = try remove(path.tokens[...], from: &value)
        case .replace(let path, let new):
            if path.tokens.isEmpty { return value = new }
            _ = try find(path.tokens[...], in: value)
            try edit(path.tokens[...], in: &value) { target in target = new }
        case .move(let from, let to):
            if to.isInside(from) && to != from { throw .unprocessable() }
            let moved = try remove(from.tokens[...], from: &value)
            try add(moved, at: to.tokens[...], to: &value)
        case .copy(let from, let to):
            let copied = try find(from.tokens[...], in: value)
            try add(copied, at: to.tokens[...], to: &value)
        case .test(let path, let expected):
            guard isSame(try find(path.tokens[...], in: value), expected) else { throw .unprocessable() }
        }
    }

    // MARK: Places

    private static func find(_ path: ArraySlice<String>, in value: JSONValue) throws(APIStatus) -> JSONValue {
        guard let token = path.first else { return value }
        let child: JSONValue? =
            switch value {
            case .object(let members): members[token]
            case .array(let elements): value[try index(token, upTo: elements.count - 1)]
            default: nil
            }
        guard let child else { throw .unprocessable() }
        return try find(path.dropFirst(), in: child)
    }

    /// Changes the value at a place that exists.
    private static func edit(
        _ path: ArraySlice<String>, in value: inout JSONValue,
        _ change: (inout JSONValue) throws(APIStatus) -> Void
    ) throws(APIStatus) {
        guard let token = path.first else { return try change(&value) }
        switch value {
        case .object(var members):
            guard var child = members[token] else { throw .unprocessable() }
            try edit(path.dropFirst(), in: &child, change)
            members[token] = child
            value = .object(members)
        case .array(var elements):
            try edit(path.dropFirst(), in: &elements[try index(token, upTo: elements.count - 1)], change)
            value = .array(elements)
        default: throw .unprocessable()
        }
    }

    private static func add(
        _ new: JSONValue, at path: ArraySlice<String>, to value: inout JSONValue
    ) throws(APIStatus) {
        guard let last = path.last else { return value = new }
        try edit(path.dropLast(), in: &value) { parent throws(APIStatus) in
            switch parent {
            case .object: parent[last] = new
            case .array(var elements):
                elements.insert(new, at: last == "-" ? elements.count : try index(last, upTo: elements.count))
                parent = .array(elements)
            default: throw .unprocessable()
            }
        }
    }

    private static func remove(
        _ path: ArraySlice<String>, from value: inout JSONValue
    ) throws(APIStatus) -> JSONValue {
        let removed = try find(path, in: value)
        guard let last = path.last else { throw .unprocessable() }
        try edit(path.dropLast(), in: &value) { parent throws(APIStatus) in
            if case .array(var elements) = parent {
                elements.remove(at: try index(last, upTo: elements.count - 1))
                parent = .array(elements)
            } else {
                parent[last] = nil
            }
        }
        return removed
    }

    /// Digits without a leading zero (RFC 6901, section 4).
    private static func index(_ token: String, upTo limit: Int) throws(APIStatus) -> Int {
        guard let index = Int(token), String(index) == token, (0...max(limit, 0)).contains(index), index <= limit else {
            throw .unprocessable()
        }
        return index
    }

    /// Equality of JSON: members in any order, numbers by value.
    static func isSame(_ a: JSONValue, _ b: JSONValue) -> Bool {
        switch (a, b) {
        case (.object(let a), .object(let b)):
            a.count == b.count && a.allSatisfy { name, value in b[name].map { isSame(value, $0) } ?? false }
        case (.array(let a), .array(let b)): a.count == b.count && zip(a, b).allSatisfy(isSame)
        case (.integer, .double), (.double, .integer): a.double == b.double
        default: a == b
        }
    }
}
