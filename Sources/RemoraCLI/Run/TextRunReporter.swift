internal import LocalRun
internal import ScriptRuntime

/// Shows a run as a console does: what scripts print on standard output, errors and the run's own words on standard error.
struct TextRunReporter: RunReporter {
    let terminal: Terminal
    let node: String

    func report(_ event: RunEvent) {
        switch event {
        case .console(let line): print(line)
        case .loaded(let report, let path, let isReload):
            let hooks = report.hooks.all.map(\.rawValue).joined(separator: ", ")
            note(
                "\(path): \(isReload ? "reloaded" : "loaded"), revision \(report.revision.short), "
                    + (hooks.isEmpty ? "no hooks" : hooks))
        case .refused(let failure, let path, let goesOn):
            let end = goesOn ? "; the version before it goes on" : ""
            complain("\(failure.place(in: path)): not loaded: \(failure.text)\(end)")
        case .unloaded(_, let path): note("\(path): is gone, and its script with it")
        case .quarantined(_, let path, let reason): complain("\(path): out of service until its next edit: \(reason)")
        case .problem(let text): complain(text)
        case .notice(let text): note(text)
        }
    }

    private func print(_ line: ConsoleLine) {
        let text = line.rendered(node: node)
        switch line.level {
        case .output: terminal.print(text)
        case .error: terminal.say(terminal.styled(text, .bad, for: .error))
        case .cleared: terminal.print("\(text)(console cleared)")
        }
    }

    private func note(_ text: String) { terminal.say(terminal.styled("# \(text)", .faint, for: .error)) }

    private func complain(_ text: String) { terminal.say(terminal.styled("# \(text)", .change, for: .error)) }
}

extension ScriptRevision {
    /// Its first digits, enough to tell two saves apart.
    var short: String { String(description.prefix(8)) }
}

extension ScriptFailure {
    /// `path:line:column`, as far as known.
    func place(in path: String) -> String {
        path + (line.map { ":\($0)" } ?? "") + (line == nil ? "" : column.map { ":\($0)" } ?? "")
    }
}
