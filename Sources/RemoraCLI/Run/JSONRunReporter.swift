internal import JSON
internal import LocalRun
internal import ScriptRuntime

/// Shows a run as one JSON object a line, all on standard output, for programs.
///
/// ```
/// {"event":"console","node":"local","index":0,"script":"Count","level":"log","text":"12 packets"}
/// {"event":"loaded","node":"local","index":0,"script":"Count","path":"count.js","reload":false,"revision":"…","hooks":["onPacketCaptured"]}
/// {"event":"refused",…,"goesOn":true,"line":3,"column":5,"text":"SyntaxError: …"}
/// ```
struct JSONRunReporter: RunReporter {
    let terminal: Terminal
    let node: String

    func report(_ event: RunEvent) { terminal.print(object(event).encoded() + [0x0a]) }

    private func object(_ event: RunEvent) -> JSONValue {
        switch event {
        case .console(let line):
            var object = self.object("console", line.script)
            object["level"] = .string(line.level.word)
            object["text"] = .string(line.text)
            return object
        case .loaded(let report, let path, let isReload):
            var object = self.object("loaded", report.script, path)
            object["reload"] = .boolean(isReload)
            object["revision"] = .string("\(report.revision)")
            object["hooks"] = .array(report.hooks.all.map { .string($0.rawValue) })
            return object
        case .refused(let failure, let path, let goesOn):
            var object = self.object("refused", failure.script, path)
            object["goesOn"] = .boolean(goesOn)
            object["line"] = failure.line.map { .integer(Int64($0)) } ?? .null
            object["column"] = failure.column.map { .integer(Int64($0)) } ?? .null
            object["text"] = .string(failure.text)
            return object
        case .unloaded(let script, let path): return self.object("unloaded", script, path)
        case .quarantined(let script, let path, let reason):
            var object = self.object("quarantined", script, path)
            object["text"] = .string(reason)
            return object
        case .problem(let text): return ["event": "problem", "node": .string(node), "text": .string(text)]
        case .notice(let text): return ["event": "notice", "node": .string(node), "text": .string(text)]
        }
    }

    private func object(_ event: String, _ script: ScriptIdentity, _ path: String? = nil) -> JSONValue {
        var object: JSONValue = [
            "event": .string(event), "node": .string(node), "index": .integer(Int64(script.index)),
            "script": .string(script.title),
        ]
        if let path { object["path"] = .string(path) }
        return object
    }
}

extension ConsoleLevel {
    fileprivate var word: String {
        switch self {
        case .output: "log"
        case .error: "error"
        case .cleared: "clear"
        }
    }
}
