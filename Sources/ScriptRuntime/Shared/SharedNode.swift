internal import OrderedCollections
internal import Synchronization
internal import Threading

/// An object or array that scripts share: the one copy that all of them read and write.
final class SharedNode: Sendable {
    private struct Contents {
        var members: OrderedDictionary<String, SharedValue> = [:]
        var elements: [SharedValue] = []
        var weight = 0
    }

    let isArray: Bool
    private let contents: Locked<Contents>
    private let allowance: SharedAllowance

    init(isArray: Bool, allowance: SharedAllowance) {
        self.isArray = isArray
        self.allowance = allowance
        contents = Locked(Contents())
    }

    deinit { allowance.giveBack(contents.withLock { $0.weight }) }

    func get(_ key: String) -> SharedValue {
        contents.withLock { contents in
            guard isArray else { return contents.members[key] ?? .undefined }
            if key == "length" { return .number(Double(contents.elements.count)) }
            guard let index = Int(key), contents.elements.indices.contains(index) else { return .undefined }
            return contents.elements[index]
        }
    }

    func has(_ key: String) -> Bool {
        contents.withLock { contents in
            guard isArray else { return contents.members[key] != nil }
            return key == "length" || Int(key).map(contents.elements.indices.contains) == true
        }
    }

    var keys: [String] {
        contents.withLock { contents in
            isArray ? contents.elements.indices.map(String.init) : Array(contents.members.keys)
        }
    }

    func set(_ key: String, to value: SharedValue) throws(HelperError) {
        guard isArray else { return try setMember(key, to: value) }
        if key == "length" {
            guard case .number(let number) = value, let length = Int(exactly: number), length >= 0 else {
                throw HelperError("an array cannot have this length", name: "RangeError")
            }
            return try resize(to: length)
        }
        guard let index = Int(key), index >= 0 else {
            throw HelperError("a shared array has elements only, and no member \(key)", name: "TypeError")
        }
        if index >= count { try resize(to: index + 1) }
        try setElement(index, to: value)
    }

    func remove(_ key: String) {
        let freed = contents.withLock { contents in
            let old: SharedValue?
            if isArray {
                let index = Int(key).flatMap { contents.elements.indices.contains($0) ? $0 : nil }
                old = index.map { contents.elements[$0] }
                if let index { contents.elements[index] = .undefined }
            } else {
                old = contents.members.removeValue(forKey: key)
            }
            let freed = (old?.weight ?? 0) - (isArray && old != nil ? 1 : 0)
            contents.weight -= freed
            return freed
        }
        allowance.giveBack(freed)
    }

    private var count: Int { contents.withLock { $0.elements.count } }

    private func setMember(_ key: String, to value: SharedValue) throws(HelperError) {
        try allowance.take(value.weight)
        let freed = contents.withLock { contents in
            let freed = contents.members.updateValue(value, forKey: key)?.weight ?? 0
            contents.weight += value.weight - freed
            return freed
        }
        allowance.giveBack(freed)
    }

    private func setElement(_ index: Int, to value: SharedValue) throws(HelperError) {
        try allowance.take(value.weight)
        let freed = contents.withLock { contents in
            // Somebody may have made the array shorter meanwhile: then this element is lost, as it would have been
            // had it been set a moment sooner.
            guard contents.elements.indices.contains(index) else { return value.weight }
            let freed = contents.elements[index].weight
            contents.elements[index] = value
            contents.weight += value.weight - freed
            return freed
        }
        allowance.giveBack(freed)
    }

    private func resize(to length: Int) throws(HelperError) {
        let grown = length - count
        if grown > 0 { try allowance.take(grown) }
        let freed = contents.withLock { contents in
            let old = contents.elements.count
            guard length < old else {
                contents.elements.append(contentsOf: repeatElement(.undefined, count: length - old))
                contents.weight += length - old
                return max(0, grown) - (length - old)
            }
            let freed = contents.elements[length...].reduce(0) { $0 + $1.weight }
            contents.elements.removeSubrange(length...)
            contents.weight -= freed
            return freed + max(0, grown)
        }
        allowance.giveBack(freed)
    }
}

/// How many shared values there may still be in a process.
final class SharedAllowance: Sendable {
    private let limit: Int
    private let used = Atomic<Int>(0)

    init(budget: ScriptBudget) { limit = budget.sharedValues }

    func take(_ weight: Int) throws(HelperError) {
        let sum = used.add(weight, ordering: .relaxed).newValue
        guard sum <= limit else {
            used.subtract(weight, ordering: .relaxed)
            throw HelperError(
                "scripts share \(limit) values through `this` already, which is the limit (sharedValues)",
                name: "RangeError", code: "SHARED")
        }
    }

    func giveBack(_ weight: Int) { used.subtract(weight, ordering: .relaxed) }
}
