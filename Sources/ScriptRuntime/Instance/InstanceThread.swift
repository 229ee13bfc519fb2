internal import Threading

/// The thread of one version of a script, from the check of its text to the end of its VM.
struct InstanceThread: Sendable {
    typealias Outcome = Result<ScriptLoadReport, ScriptFailure>

    let definition: ScriptDefinition
    let revision: ScriptRevision
    let lane: ScriptLane
    let services: EngineServices
    let isES5Required: Bool
    let predecessor: InstanceControl?
    let control = InstanceControl()

    private var identity: ScriptIdentity { ScriptIdentity(index: definition.index, title: definition.title) }

    /// Loads the version on a thread of its own and, if that succeeds, serves until it is replaced or removed.
    ///
    /// Returns when the version is in service, or was refused.
    func start() async -> Outcome {
        await withCheckedContinuation { continuation in
            do {
                try NamedThread.start("script-\(definition.index)", stackBytes: services.budget.stack) {
                    run { continuation.resume(returning: $0) }
                }
            } catch {
                continuation.resume(returning: .failure(refusal(.engine, "\(error)")))
            }
        }
    }

    private func run(_ report: (Outcome) -> Void) {
        serve(report)
        // Only now is the VM gone, and with it what it shares; other versions of the script may begin.
        services.jobs.withLock { $0.removeOwner(control.id) }
        services.shared.removeAll(of: control.id)
        lane.leave(control)
        lane.wake()
        control.noteEnd()
    }

    private func serve(_ report: (Outcome) -> Void) {
        let instance: ScriptInstance
        let findings: [SyntaxFinding]
        do throws(ScriptFailure) {
            (instance, findings) = try load()
            try commit(instance)
        } catch {
            // The predecessor's owner learns of it only after everything of this version is gone.
            services.jobs.withLock { $0.removeOwner(control.id) }
            return report(.failure(error))
        }
        report(
            .success(
                ScriptLoadReport(
                    script: identity, revision: revision, isNew: true, hooks: instance.hookTable.hooks,
                    findings: findings)))
        instance.serve()
    }

    private func load() throws(ScriptFailure) -> (ScriptInstance, [SyntaxFinding]) {
        let source = withoutByteOrderMark(definition.source)
        guard source.utf8.count <= services.budget.source else {
            throw refusal(
                .syntax, "the script has more than \(services.budget.source) bytes, which is the limit (source)")
        }
        // Two VMs at a time: the parser's begins while this script's is made.
        services.checker.prepare()
        let instance = try ScriptInstance(
            identity, lane: lane, services: services, control: control, predecessor: predecessor?.id)
        let syntax = services.checker.check(source)
        if let finding = syntax.refused {
            throw refusal(.syntax, "\(finding.construct) cannot be used: it would run outside every limit", at: finding)
        }
        if isES5Required, let finding = syntax.findings.first {
            throw refusal(.syntax, "\(finding.construct) is newer than ES5", at: finding)
        }
        do throws(ScriptFailure) {
            try instance.load(source, privateNames: syntax.undeclared)
        } catch {
            throw located(error, by: syntax)
        }
        return (instance, syntax.findings)
    }

    /// The engine's own parser knows the line of a syntax error; acorn knows the column.
    private func located(_ failure: ScriptFailure, by syntax: SyntaxReport) -> ScriptFailure {
        guard failure.reason == .syntax, failure.column == nil, let error = syntax.error else { return failure }
        return ScriptFailure(
            script: failure.script, place: .load, reason: .syntax, text: failure.text, message: failure.message,
            line: error.line, column: error.column)
    }

    /// Puts the version into service: names, jobs, and last the lane's events.
    private func commit(_ instance: ScriptInstance) throws(ScriptFailure) {
        do {
            try services.shared.replace(predecessor?.id, by: control.id, with: instance.staged ?? [:])
        } catch {
            throw refusal(.engine, error.message)
        }
        instance.staged = nil
        let now = services.clock.second
        services.jobs.withLock { jobs in
            if let predecessor { jobs.removeOwner(predecessor.id) }
            jobs.activate(control.id, now: now)
        }
        lane.commit(control, table: instance.hookTable, revision: revision)
    }

    private func refusal(_ reason: ScriptFailure.Reason, _ text: String, at finding: SyntaxFinding? = nil)
        -> ScriptFailure
    {
        ScriptFailure(
            script: identity, place: .load, reason: reason, text: text, line: finding?.line, column: finding?.column)
    }

    private func withoutByteOrderMark(_ source: String) -> String {
        guard source.unicodeScalars.first == "\u{feff}" else { return source }
        return String(source.unicodeScalars.dropFirst())
    }
}
