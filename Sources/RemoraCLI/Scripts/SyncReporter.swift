internal import JSON
internal import ScriptStore

/// Tells what a sync does: a line for each script that is news.
struct SyncReporter: Sendable {
    let terminal: Terminal
    let output: ScriptsOutput

    func report(_ event: SyncEvent) {
        switch output {
        case .text: text(event)
        case .json: terminal.print(Self.json(event).encoded() + [0x0a])
        }
    }

    private func text(_ event: SyncEvent) {
        switch event {
        case .synced(let steps, _, _):
            for step in steps { print(step) }
        case .folderProblem(let problem): terminal.warn("\(problem)")
        case .warning(let text): terminal.warn(text)
        case .environmentWritten(let names):
            terminal.say("# env written to the secret: \(names.joined(separator: ", "))")
        case .waiting(let reason, let retry):
            terminal.warn("\(reason); trying again in \(retry.roundedSeconds) s")
        case .recovered: terminal.say("# the cluster takes scripts again")
        }
    }

    private func print(_ step: SyncStep) {
        let style: Terminal.Style =
            switch step.kind {
            case .created, .updated, .recognized: .good
            case .unchanged: .faint
            case .removed: .change
            default: .bad
            }
        let word = step.word + String(repeating: " ", count: max(0, 10 - step.word.count))
        let index = step.index.map { String($0) } ?? "-"
        let line =
            "\(terminal.styled(word, style)) \(index)  \(step.title)  \(step.location)"
            + (step.explanation.map { "\n    \($0)" } ?? "")
        if step.isFailure { terminal.say(line) } else { terminal.print(line) }
    }

    /// One object for each event.
    static func json(_ event: SyncEvent) -> JSONValue {
        switch event {
        case .synced(let steps, let isWritten, let revision):
            [
                "event": "synced", "written": .boolean(isWritten), "revision": .string(revision),
                "scripts": .array(steps.map(json)),
            ]
        case .folderProblem(let problem):
            ["event": "file-problem", "path": .string(problem.path), "problem": .string(problem.text)]
        case .warning(let text): ["event": "warning", "warning": .string(text)]
        case .environmentWritten(let names):
            ["event": "env-written", "names": .array(names.map(JSONValue.string))]
        case .waiting(let reason, let retry):
            ["event": "waiting", "reason": .string(reason), "retrySeconds": .double(retry / .seconds(1))]
        case .recovered: ["event": "recovered"]
        }
    }

    private static func json(_ step: SyncStep) -> JSONValue {
        var value: JSONValue = [
            "action": .string(step.word), "file": .string(step.location), "title": .string(step.title),
            "failed": .boolean(step.isFailure),
        ]
        value["index"] = step.index.map { .integer(Int64($0)) }
        value["reason"] = step.explanation.map(JSONValue.string)
        return value
    }
}

extension Duration {
    fileprivate var roundedSeconds: Int { max(1, Int((self / .seconds(1)).rounded())) }
}
