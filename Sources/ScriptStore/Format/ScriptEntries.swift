internal import JSON
internal import OrderedCollections

/// Reads texts of `SCRIPTING_SCRIPTS` entry by entry; later ones replace earlier ones of the same index.
struct ScriptEntries {
    private(set) var scripts: [Int: StoredScript] = [:]
    private(set) var unreadable: OrderedDictionary<String, JSONValue> = [:]
    private(set) var problems: OrderedDictionary<String, ScriptEntryProblem> = [:]

    /// Reads the text of the key; a missing one, an empty one and `null` hold nothing.
    mutating func read(_ text: String?) throws(ScriptSetError) {
        guard let text, !text.utf8.allSatisfy({ [0x20, 0x09, 0x0a, 0x0d].contains($0) }) else { return }
        let bytes = Array(text.utf8)
        var entry: String?
        do throws(JSONError) {
            // A `Result`, since `withUnsafeBytes` of an array does not pass a typed error on.
            let result = bytes.withUnsafeBytes { bytes in
                Result { () throws(JSONError) in try read(bytes, entry: &entry) }
            }
            try result.get()
        } catch {
            if entry == nil, error.reason == .expected("an object") {
                throw .notObject(key: ConfigMapKey.scripts)
            }
            let before = bytes.prefix(error.offset)
            let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
            throw .notJSON(
                key: ConfigMapKey.scripts, entry: entry, error, line: before.count { $0 == 0x0a } + 1,
                column: String(decoding: before[lineStart...], as: UTF8.self).count + 1)
        }
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer, entry: inout String?) throws(JSONError) {
        var reader = JSONReader(bytes)
        if try reader.readNull() { return try reader.finish() }
        try reader.beginObject()
        while let key = try reader.nextMember() {
            let key = key.string
            entry = key
            let offset = reader.offset
            take(key, try JSONValue.read(&reader), offset)
        }
        try reader.finish()
    }

    private mutating func take(_ key: String, _ value: JSONValue, _ offset: Int) {
        unreadable[key] = nil
        problems[key] = nil
        guard let index = Self.index(key) else {
            return refuse(
                key, value, "the key is not an index, a whole number from 0 to \(ScriptSet.indexLimit - 1)", offset)
        }
        scripts[index] = nil
        guard case .object(var members) = value else {
            return refuse(key, value, "it is not an object with title, code and active", offset)
        }
        let title: String
        let code: String
        let isActive: Bool
        do throws(MemberProblem) {
            title = try Self.text("title", &members) ?? ""
            guard let text = try Self.text("code", &members) else { throw MemberProblem(description: "it has no code") }
            code = text
            isActive = try Self.flag("active", &members) ?? false
        } catch {
            return refuse(key, value, error.description, offset)
        }
        var script = StoredScript(index: index, title: title, code: code, isActive: isActive)
        script.origin = members["source"].flatMap(ScriptOrigin.init)
        if script.origin != nil { members["source"] = nil }
        script.otherMembers = members
        scripts[index] = script
    }

    private mutating func refuse(_ key: String, _ value: JSONValue, _ problem: String, _ offset: Int) {
        unreadable[key] = value
        problems[key] = ScriptEntryProblem(entry: key, problem: problem, offset: offset)
    }

    /// A number written as programs write it: "01" is another key than "1", and would be a second script of index 1.
    private static func index(_ key: String) -> Int? {
        guard let index = Int(key), 0..<ScriptSet.indexLimit ~= index, String(index) == key else { return nil }
        return index
    }

    private struct MemberProblem: Error {
        let description: String
    }

    private static func text(
        _ name: String, _ members: inout OrderedDictionary<String, JSONValue>
    ) throws(MemberProblem) -> String? {
        switch members.removeValue(forKey: name) {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw MemberProblem(description: "its \(name) is not a text")
        }
    }

    private static func flag(
        _ name: String, _ members: inout OrderedDictionary<String, JSONValue>
    ) throws(MemberProblem) -> Bool? {
        switch members.removeValue(forKey: name) {
        case nil, .null: return nil
        case .boolean(let flag): return flag
        default: throw MemberProblem(description: "its \(name) is neither true nor false")
        }
    }
}
