internal import JSON
internal import ScriptStore

/// How a script is shown in lists and to programs.
struct ScriptRow {
    static let heading = ["INDEX", "ACTIVE", "BYTES", "SHA256", "TITLE", "SOURCE"]

    let script: StoredScript

    var cells: [String] {
        [
            String(script.index), script.isActive ? "yes" : "no", String(script.code.utf8.count),
            String(script.codeHash.prefix(12)), script.trimmedTitle,
            (script.origin.map { "\($0.folder)/\($0.path)" } ?? "-") + (script.wasEditedSinceSync ? " (edited)" : ""),
        ]
    }

    /// With the code only if that is asked for.
    func json(withCode: Bool = false) -> JSONValue {
        var value: JSONValue = [
            "index": .integer(Int64(script.index)), "title": .string(script.title), "active": .boolean(script.isActive),
            "bytes": .integer(Int64(script.code.utf8.count)), "sha256": .string(script.codeHash),
            "editedSinceSync": .boolean(script.wasEditedSinceSync),
        ]
        if let origin = script.origin {
            value["source"] = ["folder": .string(origin.folder), "path": .string(origin.path)]
        }
        if withCode { value["code"] = .string(script.code) }
        return value
    }
}

extension Terminal {
    /// Prints rows with their columns lined up; the first one is the heading.
    func printTable(_ rows: [[String]]) {
        var table = StreamingTable(
            widths: (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 })
        for (number, row) in rows.enumerated() {
            print(table.row(row) { _, cell in number == 0 ? styled(cell, .faint) : cell })
        }
    }

    /// Prints JSON for programs, or indented for a person.
    func print(_ value: JSONValue) { print(value.encoded() + [0x0a]) }

    /// Says what a change came to.
    func report<Result>(_ outcome: ScriptStore.Outcome<Result>, _ text: String, output: ScriptsOutput) {
        for warning in outcome.warnings { warn(warning) }
        let before = Dictionary(uniqueKeysWithValues: outcome.before.scripts.map { ($0.index, $0) })
        let changed = outcome.after.scripts.filter { before[$0.index] != $0 }
        let removed = outcome.before.scripts.filter { outcome.after[$0.index] == nil }
        switch output {
        case .text: say(outcome.isWritten ? text : "nothing to change")
        case .json:
            print([
                "written": .boolean(outcome.isWritten), "revision": .string(outcome.after.revision),
                "changed": .array(changed.map { ScriptRow(script: $0).json() }),
                "removed": .array(removed.map { .integer(Int64($0.index)) }),
            ])
        }
    }
}
