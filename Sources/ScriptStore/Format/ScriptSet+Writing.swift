internal import JSON
internal import OrderedCollections

extension StoredScript {
    /// The entry's JSON value, in the form that upstream's tools read.
    var json: JSONValue {
        var members: OrderedDictionary<String, JSONValue> = [
            "title": .string(title), "code": .string(code), "active": .boolean(isActive),
        ]
        if let origin { members["source"] = origin.json }
        for (name, value) in otherMembers where members[name] == nil { members[name] = value }
        return .object(members)
    }

    /// How many bytes it takes in `SCRIPTING_SCRIPTS`, with its key and a comma.
    package var storedByteCount: Int { json.encoded().count + String(index).utf8.count + 4 }
}

extension ScriptSet {
    /// The text of `SCRIPTING_SCRIPTS` that holds some of the scripts, and the entries that are none.
    func text(of scripts: some Sequence<StoredScript>, includingUnreadable: Bool = false) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for script in scripts {
            writer.key(String(script.index))
            writer.write(script.json)
        }
        if includingUnreadable {
            for (key, value) in unreadable {
                writer.key(key)
                writer.write(value)
            }
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The entries of a config map that holds all of the set.
    package var data: [String: String] {
        [
            ConfigMapKey.scripts: text(of: scripts, includingUnreadable: true),
            ConfigMapKey.activeScripts: activeTitles.text,
            ConfigMapKey.nextIndex: String(nextIndex),
        ]
    }
}
