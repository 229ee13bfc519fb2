/// What workers say.
extension FleetHub {
    /// What became of a report.
    package enum Reception: Sendable, Equatable {
        case taken
        /// It was taken before.
        case repeated
        /// Its connection is no more: the worker has to connect anew.
        case unknownSession
    }

    /// Takes a report. `worker` of the session is who it comes from.
    package func report(_ report: FleetReport) -> Reception {
        var news: [WorkerMessage] = []
        var identity: WorkerIdentity?
        var accepted: FleetSet?
        let reception: Reception = state.withLock { state in
            guard let name = state.sessions[report.session], let worker = state[name] else {
                return .unknownSession
            }
            state[name]?.lastHeard = .now
            guard report.sequence > worker.lastSequence else {
                state.counters.repeatedReports += 1
                return .repeated
            }
            state[name]?.lastSequence = report.sequence
            state.counters.reports += 1
            identity = worker.identity
            for message in report.messages { if !take(message, from: name, &state) { news.append(message) } }
            accepted = advance(&state)
            return .taken
        }
        if let accepted { environment.accepted(accepted) }
        guard let identity else { return reception }
        for message in news { hand(message, identity) }
        if report.messages.contains(where: \.changesStatus) { environment.changed() }
        return reception
    }

    /// Takes what concerns the state; false: it is for others.
    func take(_ message: WorkerMessage, from name: String, _ state: inout State) -> Bool {
        switch message {
        case .answer(let answer):
            switch state[name]?.track.take(answer) {
            case .accepted: state.counters.accepted += 1
            case .refused: state.counters.refused += 1
            case .wrongBase: state.counters.wrongBases += 1
            case .stale, nil:
                state.counters.staleAnswers += 1
                return true
            }
            if answer.revision == state.pushes.desired?.revision, let since = state.pushes.since {
                let latency = ContinuousClock.now - since
                state[name]?.latency = latency
                state.latencies.append(latency)
                if state.latencies.count > 10_000 { state.latencies.removeFirst() }
            }
            pushNext(name, &state)
            return true
        case .status(let report):
            state[name]?.take(report, at: .now)
            return true
        case .console: state.counters.consoleLines += 1
        case .action: state.counters.actions += 1
        case .result(let result): state[name]?.commands.removeAll { $0.id == result.id }
        case .evidence: break
        }
        return false
    }

    /// Looks at what canaries have shown; returns a set that goes out to all because of it.
    func advance(_ state: inout State) -> FleetSet? {
        guard !state.rollout.isSettled, state.rollout.reason == nil else { return nil }
        let workers = state.workers.values.map { worker in
            Rollout.Observation(
                name: worker.hello.worker, isConnected: worker.session?.isEnding == false,
                revision: worker.track.held.revision, isPending: worker.track.outstanding != nil,
                failures: worker.track.failures, report: worker.report, reported: worker.reported)
        }
        guard state.rollout.look(at: workers, .now) else { return nil }
        let status = state.rollout.status
        environment.log("Roll-out", [("revision", String(status.revision.prefix(12))), ("phase", "\(status.phase)")])
        return follow(&state)
    }

    func hand(_ message: WorkerMessage, _ identity: WorkerIdentity) {
        switch message {
        case .console(let line): environment.print(line, identity)
        case .action(let action): environment.act(action, identity)
        case .result(let result): environment.completed(result, identity)
        case .evidence(let note): environment.noted(note, identity)
        case .answer, .status: break
        }
    }
}

extension WorkerMessage {
    fileprivate var changesStatus: Bool {
        switch self {
        case .answer, .status: true
        case .console, .action, .result, .evidence: false
        }
    }
}
