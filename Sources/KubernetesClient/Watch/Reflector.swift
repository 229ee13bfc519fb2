internal import CurlTransport
internal import JSON
internal import Threading

/// Carries out what a ``ReflectorStateMachine`` decides: lists, watches, waits, and reports to its informer.
struct Reflector<Object: WatchedObject>: Sendable {
    private let informer: Informer<Object>
    private let machine: Locked<ReflectorStateMachine>
    private let epoch = ContinuousClock.now

    init(informer: Informer<Object>) {
        self.informer = informer
        machine = Locked(
            ReflectorStateMachine(settings: informer.settings, seed: UInt64.random(in: .min ... .max)))
    }

    private var client: KubernetesClient { informer.client }
    private var now: Duration { .now - epoch }

    /// Runs until the task is cancelled.
    func run() async {
        // Belongs to this task: used between awaits only.
        let interner = StringInterner()
        var list = GatheredList<Object>(rawByteLimit: 0)
        var action = step { $0.start(now: $1) }
        while !Task.isCancelled {
            switch action {
            case .wait(let duration):
                informer.report { $0.phase = .waiting }
                try? await Task.sleep(for: duration)
                action = step { $0.waited(now: $1) }
            case .list(let request):
                informer.report { $0.phase = .listing }
                if request.continueToken == nil {
                    list = GatheredList(rawByteLimit: informer.rawByteLimit)
                }
                action = await readPage(request, into: &list, interner)
            case .watch(let request):
                informer.report { $0.phase = .connecting }
                action = await watch(request, interner)
            case .verify(let version):
                informer.report { $0.phase = .verifying }
                action = await verify(version)
            }
        }
    }

    /// Takes one step of the machine and reports where it led.
    private func step<Result: Sendable>(_ body: (inout ReflectorStateMachine, Duration) -> Result) -> Result {
        let now = now
        let (result, statistics, version) = machine.withLock { machine in
            let result = body(&machine, now)
            return (result, machine.statistics, machine.version)
        }
        // What a task meets because it was cancelled is no news about the server.
        if Task.isCancelled { return result }
        informer.report { health in
            health.statistics = statistics
            health.resourceVersion = version ?? health.resourceVersion
        }
        return result
    }

    private func succeeded() {
        informer.report { health in
            health.lastActivity = .now
            health.lastError = nil
            health.isForbidden = false
        }
    }

    private func failed(_ error: any Error) { informer.report { $0.lastError = "\(error)" } }
}

// MARK: - Listing and verifying

extension Reflector {
    @specialized(where Object == Pod)
    @specialized(where Object == ClusterEvent)
    @specialized(where Object == ObjectSummary)
    private func readPage(
        _ request: ListPageRequest, into list: inout GatheredList<Object>, _ interner: StringInterner
    ) async -> ReflectorStateMachine.Action {
        do {
            let response = try await client.open(.page(request, of: informer.resource, informer.selection))
            let body = try await client.collect(
                response, limit: informer.settings.pageByteLimit, for: response.request)
            let page = try client.decode(response.request) { () throws(JSONError) in
                try ListPage<Object>(body: body, interner: interner)
            }
            list.append(page.items)
            let isShared = response.http.version == .http2
            let (isComplete, next) = step { machine, now in
                machine.listed(
                    version: page.version, continueToken: page.continueToken, isShared: isShared, now: now)
            }
            if isComplete {
                informer.report { $0.firstVersion = $0.firstVersion ?? page.version }
                informer.replace(with: list, received: .now)
                list = GatheredList(rawByteLimit: 0)
            }
            succeeded()
            return next
        } catch {
            let failure = failure(of: error)
            return step { $0.listFailed(failure, now: $1) }
        }
    }

    private func verify(_ version: ResourceVersion) async -> ReflectorStateMachine.Action {
        let page = ListPageRequest(limit: 1, notOlderThan: version)
        do {
            let response = try await client.open(.page(page, of: informer.resource, informer.selection))
            _ = try await client.collect(response, limit: informer.settings.pageByteLimit, for: response.request)
            succeeded()
            return step { $0.verified(now: $1) }
        } catch {
            let failure = failure(of: error)
            return step { $0.verificationFailed(failure, now: $1) }
        }
    }

    /// What the machine is to know of an error; people are told by the health's `lastError`.
    private func failure(of error: any Error) -> ReflectorStateMachine.Failure {
        if !(error is CancellationError) { failed(error) }
        guard let error = error as? APIError else { return .connection }
        switch error {
        case .status(let status, _):
            informer.report { health in
                health.lastActivity = .now
                health.isForbidden = status.code == 401 || status.code == 403
            }
            return .status(status, retryAfter: status.retryAfterSeconds.map { .seconds($0) })
        case .transport(let error, _) where error.kind == .tooLarge: return .tooLarge
        case .transport, .configuration, .noName: return .connection
        case .malformed: return .garbled
        }
    }
}

// MARK: - Watching

extension Reflector {
    private enum WatchEnd: Sendable {
        case stream(didBreak: Bool)
        case abandoned(sever: Bool)
    }

    private func watch(_ request: WatchRequest, _ interner: StringInterner) async -> ReflectorStateMachine.Action {
        let response: APIResponse
        do {
            response = try await client.open(.watch(request, of: informer.resource, informer.selection))
        } catch {
            let failure = failure(of: error)
            return step { $0.watchRefused(failure, now: $1) }
        }
        let isShared = response.http.version == .http2
        step { $0.watchOpened(isShared: isShared, now: $1) }
        succeeded()
        informer.report { $0.phase = .watching }

        let didBreak = await withTaskGroup(of: WatchEnd.self) { group in
            group.addTask { .stream(didBreak: await self.read(response)) }
            group.addTask { await self.supervise(response) }
            let first = await group.next()
            if case .abandoned(sever: true) = first { response.http.body.severConnection() }
            group.cancelAll()
            if case .stream(let didBreak) = first { return didBreak }
            return false
        }
        return step { $0.watchEnded(didBreak: didBreak, now: $1) }
    }

    /// Reads the stream to its end, or to the line that the machine wants no more after. True if the connection broke.
    // Called from other modules, where the compiler cannot see inside: without this all that a line goes through would
    // be done by way of metadata and witness tables.
    @specialized(where Object == Pod)
    @specialized(where Object == ClusterEvent)
    @specialized(where Object == ObjectSummary)
    private func read(_ response: APIResponse) async -> Bool {
        let interner = StringInterner()
        var buffer = LineBuffer(limit: informer.settings.lineByteLimit)
        var initial = GatheredList<Object>(rawByteLimit: informer.rawByteLimit)
        do {
            for try await piece in response.http.body {
                let received = ContinuousClock.now
                var lines: [WatchLine<Object>] = []
                do throws(LineBuffer.LineTooLong) {
                    try buffer.append(piece) { lines.append(WatchLine($0, $1, interner: interner)) }
                } catch {
                    lines.append(.garbled(JSONError(reason: .tooLong, offset: informer.settings.lineByteLimit)))
                }
                guard take(lines, &initial, received) else { return false }
            }
            return false
        } catch {
            if !(error is CancellationError) { failed(client.transportError(error, for: response.request)) }
            return true
        }
    }

    /// Applies a piece's lines; false if the machine wants no more of them.
    private func take(
        _ lines: [WatchLine<Object>], _ initial: inout GatheredList<Object>, _ received: ContinuousClock.Instant
    ) -> Bool {
        var changes: [WatchLine<Object>] = []
        changes.reserveCapacity(lines.count)
        var list: GatheredList<Object>?
        let reactions = step { machine, now in
            machine.receivedBytes(now: now)
            return lines.map { machine.received($0.fact, now: now) }
        }
        var goesOn = true
        loop: for (line, reaction) in zip(lines, reactions) {
            switch reaction {
            case .apply: changes.append(line)
            case .gather: if case .update(let object, let raw) = line { initial.append([(object, raw)]) }
            case .replace:
                list = initial
                initial = GatheredList(rawByteLimit: 0)
            case .ignore: break
            case .end:
                note(line)
                goesOn = false
                break loop
            }
        }
        if let list { informer.replace(with: list, received: received) }
        if !changes.isEmpty { informer.apply(changes, received: received) }
        informer.report { $0.lastActivity = received }
        return goesOn
    }

    /// Tells people about the line that ended a watch.
    private func note(_ line: WatchLine<Object>) {
        informer.report { health in
            switch line {
            case .garbled(let error):
                health.garbledLines += 1
                health.lastError = "the server sent a line that is no watch event: \(error)"
            case .error(let status):
                let text = status.message.isEmpty ? "code \(status.code)" : status.message
                health.lastError = "the server ended the watch: \(text)"
            default: break
            }
        }
    }

    /// Keeps the machine's timers, and asks the peer for signs of life. Returns when the watch is to be given up.
    private func supervise(_ response: APIResponse) async -> WatchEnd {
        while let timer = machine.withLock({ $0.nextTimer() }) {
            do { try await Task.sleep(for: max(timer - now, .zero)) } catch { break }
            switch step({ $0.timerFired(now: $1) }) {
            case .none: continue
            case .abandon(let sever): return .abandoned(sever: sever)
            case .probe:
                if case .abandon(let sever) = await probe(response) { return .abandoned(sever: sever) }
            }
        }
        // The stream has ended, or ends on its own.
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        return .abandoned(sever: false)
    }

    private func probe(_ response: APIResponse) async -> ReflectorStateMachine.TimerAction {
        guard let connection = await client.probe(limit: informer.settings.probeLimit) else {
            return step { $0.probeFailed(now: $1) }
        }
        let isSame = connection == response.http.connection
        if isSame { informer.report { $0.lastActivity = .now } }
        return step { $0.probeAnswered(overSameConnection: isSame, now: $1) }
    }
}
