internal import DequeModule
package import HTTPServer

/// Workers that come and go.
extension FleetHub {
    /// Answers a worker that connects and may, with an answer that goes on until one of both ends it.
    package func connect(_ hello: FleetHello) -> HTTPResponse {
        let session = Self.randomName() + Self.randomName()
        let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        if let refusal = state.withLock({ state in admit(hello, session, signal, &state) }) {
            return Self.error(503, refusal)
        }
        environment.log("Worker connected", [("worker", hello.worker), ("node", hello.node)])
        environment.changed()
        return HTTPResponse(
            headers: ["Content-Type": "application/x-ndjson"],
            body: .stream { [self] writer in
                defer { ended(hello.worker, session, "the worker is gone") }
                guard begin(hello.worker, session, writer) else { return }
                var track = names.withLock { $0.track(hello.names, hub: instance) }
                for await _ in signals {
                    for piece in take(hello.worker, session) { try await writer.write(piece) }
                    written(hello.worker, session)
                    // One at a time, each when the one before is written: what else there is goes first.
                    while let piece = nextNames(hello.worker, session, &track) {
                        try await writer.write(piece)
                        for piece in take(hello.worker, session) { try await writer.write(piece) }
                        written(hello.worker, session)
                    }
                }
                for piece in take(hello.worker, session) { try await writer.write(piece) }
            })
    }

    func admit(
        _ hello: FleetHello, _ id: String, _ signal: AsyncStream<Void>.Continuation, _ state: inout State
    ) -> String? {
        guard !state.isClosed, state.ring.start != nil else { return "this hub does not lead: ask another" }
        guard state[hello.worker] != nil || state.workers.count < settings.workerLimit else {
            return "this hub has \(state.workers.count) workers, and takes no more"
        }
        let now = ContinuousClock.now
        let limit = settings.sessionLimit * Double.random(in: 1...1.25)
        var session = WorkerRecord.Session(id: id, end: now + limit, signal: signal, lastSent: now)
        let missed = state.ring.missed(since: hello.position, hello.scope)
        if !missed.isAll {
            session.heldBack = []
            session.sweptThrough = state.position
        }
        let before = state[hello.worker]
        if before?.session != nil { detach(hello.worker, "it connected anew", &state) }
        var worker = WorkerRecord(
            hello: hello, track: PushTrack(holding: hello.manifest, failures: hello.failures), session: session,
            lastHeard: now, since: now)
        if let before, before.hello.instance == hello.instance {
            worker.lastSequence = before.lastSequence
            worker.commands = before.commands
            worker.report = before.report
            worker.reported = before.reported
            worker.latency = before.latency
        }
        state[hello.worker] = worker
        state.sessions[id] = hello.worker
        state.counters.connects += 1
        let welcome = FleetWelcome(hub: instance, session: id, heartbeat: settings.heartbeat)
        send(HTTPBodyPiece(HubMessage.welcome(welcome).line), to: hello.worker, &state)
        pushNext(hello.worker, &state)
        for (_, piece) in worker.commands { send(piece, to: hello.worker, &state) }
        // Before the list, which is later.
        for piece in missed.pieces { send(piece, to: hello.worker, &state) }
        if missed.isAll {
            state.counters.replays += 1
        } else {
            state.counters.sweeps += 1
            sweepRequests.yield((hello.worker, id, hello.scope))
        }
        return nil
    }

    func finishSweep(_ name: String, _ session: String, _ events: [FleetPodEvent]) {
        let pieces = events.map { HTTPBodyPiece(HubMessage.pod($0).line) }
        state.withLock { state in
            guard state[name]?.session?.id == session else { return }
            let later = state[name]?.session?.heldBack ?? []
            state[name]?.session?.heldBack = nil
            // How far it has heard now: should this hub end in the next moment, another one goes on from there.
            let through = HubMessage.ping(state[name]?.session?.sweptThrough ?? PodPosition())
            // All at once: what there is counts as one line against the limit of what may wait.
            for piece in pieces + [HTTPBodyPiece(HubMessage.swept.line), HTTPBodyPiece(through.line)] + later {
                _ = state[name]?.send(piece, limit: .max, now: .now)
            }
        }
    }

    func begin(_ name: String, _ session: String, _ writer: HTTPBodyWriter) -> Bool {
        state.withLock { state in
            guard state[name]?.session?.id == session else { return false }
            state[name]?.session?.writer = writer
            return true
        }
    }

    func take(_ name: String, _ session: String) -> Deque<HTTPBodyPiece> {
        state.withLock { state in
            guard state[name]?.session?.id == session, let queue = state[name]?.session?.queue else {
                return []
            }
            state[name]?.session?.queue = []
            state[name]?.session?.queuedBytes = 0
            state[name]?.session?.isWriting = true
            return queue
        }
    }

    func written(_ name: String, _ session: String) {
        state.withLock { state in
            guard state[name]?.session?.id == session else { return }
            state[name]?.session?.isWriting = false
        }
    }

    /// Waits until everything that workers are sent at the moment is with the operating system for all that are connected:
    /// from then on the end of this process does not lose it.
    package func untilSent(limit: Duration) async {
        let end = ContinuousClock.now + limit
        var waiting = state.withLock { state in
            state.workers.compactMap { name, worker in
                worker.session.flatMap { $0.isBusy ? (name, $0.id) : nil }
            }
        }
        while !waiting.isEmpty, .now < end, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(2))
            waiting = state.withLock { state in
                waiting.filter { name, id in
                    guard let session = state.workers[name]?.session, session.id == id else { return false }
                    return session.isBusy
                }
            }
        }
    }

    func ended(_ name: String, _ session: String, _ reason: String) {
        let isNews = state.withLock { state in
            guard state[name]?.session?.id == session else { return false }
            detach(name, nil, &state)
            return true
        }
        guard isNews else { return }
        environment.log("Worker disconnected", [("worker", name), ("reason", reason)])
        environment.changed()
    }

    /// Takes a worker's connection away. With a reason the connection is broken, too.
    func detach(_ name: String, _ reason: String?, _ state: inout State) {
        guard let session = state[name]?.session else { return }
        state.sessions[session.id] = nil
        state[name]?.session = nil
        state[name]?.since = .now
        state.counters.disconnects += 1
        session.signal.finish()
        if reason != nil { session.writer?.disconnect() }
    }

    func cut(_ name: String, _ reason: String, _ state: inout State) {
        state.counters.cutOff += 1
        detach(name, reason, &state)
        environment.log("Worker cut off", [("worker", name), ("reason", reason)])
        environment.changed()
    }
}
