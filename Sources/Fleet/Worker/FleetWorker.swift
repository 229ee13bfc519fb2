internal import CurlTransport
internal import FoundationEssentials
package import JSON
internal import Threading
internal import Timestamps

/// The worker's end: connects to the hub and stays connected, hands what comes to a ``FleetWorkload``, and reports what
/// the worker has to say.
///
/// ```
/// hub ─▶ connection ─▶ WorkerLink ─▶ workload (sets, pod events, commands)
///  ▲                       │ answers
///  └── reports ◀── Outbox ◀┴── console lines, actions, evidence
/// ```
package final class FleetWorker: Sendable {
    /// How it stands, for a status page.
    package struct Status: Sendable, Equatable {
        package var isConnected = false
        /// The revision that is held.
        package var revision: String
        /// Why it is not connected.
        package var problem: String?
        package var connects = 0
        package var shedLines = 0
        package var shedActions = 0
        package var doubtfulLines = 0
        package var doubtfulActions = 0
        package var shedNotes = 0
        package var repeatedPodEvents = 0
    }

    /// An event, and the connection that it is of: what one that is given up still brings is not looked at.
    private struct News: Sendable {
        var connection: Int?
        let event: WorkerLink.Event
    }

    private struct State: Sendable {
        var outbox = Outbox()
        var target: Outbox.Target?
        var heartbeat: Duration = .seconds(10)
        var problem: String?
        var storageProblem: String?
        var connects = 0
        /// The number of the connection that counts.
        var connection = 0
        var held = HeldSet()
        var hasApplied = false
        var repeatedEvents = 0
    }

    package let configuration: FleetWorkerConfiguration
    /// Which process this is.
    package let instance = FleetHub.randomName()
    private let workload: any FleetWorkload
    private let transport: CurlTransport
    private let log: @Sendable (String, [(String, String)]) -> Void
    private let state = Locked(State())
    private let events: AsyncStream<News>
    private let news: AsyncStream<News>.Continuation
    private let reports: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// Throws if the system refuses a thread.
    package init(
        _ configuration: FleetWorkerConfiguration, workload: any FleetWorkload,
        log: @escaping @Sendable (String, [(String, String)]) -> Void = { _, _ in }
    ) throws {
        self.configuration = configuration
        self.workload = workload
        self.log = log
        transport = try CurlTransport(name: "fleet")
        (events, news) = AsyncStream.makeStream()
        (reports, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: What the worker has to say

    /// Sends a console line to the hub, when there is one. The oldest go where there is no room.
    package func print(_ line: FleetConsoleLine) { add(.console(line)) }

    /// Sends a `hub.action`. False: so many wait already that it was given up; the script should be told.
    @discardableResult
    package func act(_ action: FleetAction) -> Bool { add(.action(action)) }

    /// Sends a note about saved evidence: an object with `id`.
    @discardableResult
    package func note(_ evidence: JSONValue) -> Bool { add(.evidence(evidence)) }

    @discardableResult
    private func add(_ message: WorkerMessage) -> Bool {
        let isTaken = state.withLock { $0.outbox.add(message) }
        wake.yield()
        return isTaken
    }

    /// How it stands.
    package var status: Status {
        state.withLock { state in
            let losses = state.outbox.losses
            return Status(
                isConnected: state.target != nil, revision: state.held.set.revision, problem: state.problem,
                connects: state.connects, shedLines: losses.shedLines, shedActions: losses.shedActions,
                doubtfulLines: losses.doubtfulLines, doubtfulActions: losses.doubtfulActions,
                shedNotes: losses.shedNotes, repeatedPodEvents: state.repeatedEvents)
        }
    }

    /// What is held now.
    package var held: HeldSet { state.withLock { $0.held } }

    /// `{targets, excluded}` as the hub sees it now.
    package func targetedPods() async throws -> JSONValue {
        guard let session = state.withLock({ $0.target?.session }) else {
            throw FleetWireError("there is no connection to the hub")
        }
        var request = try self.request("GET", FleetProtocol.targetedPath, nil, session: session)
        request.limits.total = .seconds(10)
        let response = try await transport.send(request)
        let body = try await response.body.collect(limit: 64 << 20)
        guard response.status == 200 else { throw Self.refusal(response.status, body) }
        return try JSONValue(parsing: body)
    }

    // MARK: Running

    /// Starts with what is on the disk, and then stays connected until the task is cancelled. What waits then is
    /// reported once more, within `grace`.
    package func run(grace: Duration = .seconds(2)) async {
        let held = await start()
        var link = WorkerLink(
            holding: held, delay: ReconnectDelay(first: configuration.firstDelay, limit: configuration.delayLimit))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepReporting() }
            news.yield(News(event: .started))
            for await news in events {
                if let connection = news.connection, connection != state.withLock({ $0.connection }) { continue }
                for action in link.handle(news.event) { carryOut(action, link, &group) }
                if Self.endsGreeting(news.event) { await applyUnlessDone(link.held.running) }
                let (now, repeated) = (link.held, link.repeatedEvents)
                state.withLock {
                    $0.held = now
                    $0.repeatedEvents = repeated
                }
            }
            group.cancelAll()
        }
        await flush(within: grace)
    }

    /// Whether a push that a hub has for a worker that connects would have come before.
    private static func endsGreeting(_ event: WorkerLink.Event) -> Bool {
        switch event {
        case .received(.swept), .received(.ping): true
        default: false
        }
    }

    /// A hub sends nothing to a worker that holds what it wants already, such as no script at all: then that is what is
    /// complete.
    private func applyUnlessDone(_ set: FleetSet) async {
        let isDone = state.withLock { state in
            defer { state.hasApplied = true }
            return state.hasApplied
        }
        if !isDone { _ = await workload.apply(set) }
    }

    /// Runs what was held in an earlier life.
    private func start() async -> HeldSet {
        guard let folder = configuration.folder else { return HeldSet() }
        do {
            guard var held = try HeldSetFile(folder: folder).read() else { return HeldSet() }
            state.withLock { $0.hasApplied = true }
            let failures = await workload.apply(held.running)
            if !failures.isEmpty {
                let known = Set(held.failures.map(\.index))
                held.take(held.set, refusing: held.failures + failures.filter { !known.contains($0.index) })
            }
            log("Runs the set of before", [("revision", held.set.revision), ("scripts", "\(held.set.scripts.count)")])
            let start = held
            state.withLock { $0.held = start }
            return held
        } catch {
            log("What was kept of the set cannot be used; it comes anew from the hub", [("err", "\(error)")])
            return HeldSet()
        }
    }

    private func carryOut(_ action: WorkerLink.Action, _ link: WorkerLink, _ group: inout TaskGroup<Void>) {
        switch action {
        case .connect:
            let hello = hello(link)
            let number = state.withLock { state in
                state.connection += 1
                return state.connection
            }
            group.addTask { await self.connect(hello, number) }
        case .rest(let delay, let reason):
            log("Not connected to the hub", [("reason", reason), ("again in", "\(delay)")])
            state.withLock {
                $0.problem = reason
                $0.connection += 1
            }
            group.addTask {
                try? await Task.sleep(for: delay)
                if !Task.isCancelled { self.news.yield(News(event: .rested)) }
            }
        case .apply(let set):
            state.withLock { $0.hasApplied = true }
            group.addTask { self.news.yield(News(event: .applied(await self.workload.apply(set)))) }
        case .save: save(link.held)
        case .answer(let answer):
            // With it how the scripts do from here on.
            let report = statusReport()
            state.withLock { state in
                state.outbox.add(.answer(answer))
                state.outbox.add(.status(report))
            }
            wake.yield()
        case .deliver(let event): workload.deliver(event)
        case .name(let names): workload.take(names)
        case .perform(let command):
            group.addTask { self.add(.result(await self.workload.perform(command))) }
        case .connected(let welcome):
            log("Connected to the hub", [("hub", welcome.hub)])
            state.withLock { state in
                state.target = Outbox.Target(hub: welcome.hub, session: welcome.session)
                state.heartbeat = welcome.heartbeat
                state.problem = nil
                state.connects += 1
                state.outbox.add(.status(workload.report))
            }
            wake.yield()
        case .disconnected: state.withLock { $0.target = nil }
        }
    }

    private func hello(_ link: WorkerLink) -> FleetHello {
        FleetHello(
            worker: configuration.worker, node: configuration.node, instance: instance,
            version: configuration.version, scope: configuration.scope, manifest: link.held.set.manifest,
            failures: link.held.failures, position: link.position,
            names: link.namePosition.map(FleetHello.Names.read) ?? .none)
    }

    private func save(_ held: HeldSet) {
        guard let folder = configuration.folder else { return }
        do {
            try HeldSetFile(folder: folder).write(held)
            state.withLock { $0.storageProblem = nil }
        } catch {
            log("The set could not be kept: after a restart without hub the one before runs", [("err", "\(error)")])
            state.withLock { $0.storageProblem = "the set could not be kept: \(error)" }
        }
    }

    // MARK: Down

    /// Tries to find the hub that leads: of two hubs, a Service has picked the other one each time once in sixteen.
    private static let hubsAsked = 4
    private static let betweenHubs: Duration = .milliseconds(100)

    private func connect(_ hello: FleetHello, _ number: Int) async {
        var reason = "the hub ended the connection"
        do {
            var request = try self.request("POST", FleetProtocol.connectPath, hello.body)
            request.limits = TimeLimits(headers: .seconds(15), silence: configuration.silence)
            // A connection from the pool leads to the hub that said no before, which stands by: a Service may pick another.
            request.wantsNewConnection = true
            var response = try await transport.send(request)
            // Not every hub that a Service may pick leads: the others are asked before a rest that grows.
            for _ in 1..<Self.hubsAsked where response.status == 503 {
                _ = try await response.body.collect(limit: 1 << 16)
                try await Task.sleep(for: Self.betweenHubs)
                response = try await transport.send(request)
            }
            guard response.status == 200 else {
                throw Self.refusal(response.status, try await response.body.collect(limit: 1 << 16))
            }
            do {
                var splitter = LineSplitter(limit: FleetProtocol.lineLimit)
                for try await piece in response.body {
                    for line in try splitter.take(piece) {
                        guard let message = try HubMessage(line: line) else { continue }
                        news.yield(News(connection: number, event: .received(message)))
                    }
                }
            } catch {
                response.body.severConnection()
                throw error
            }
        } catch {
            reason = "\(error)"
        }
        // A task that was cancelled belongs to a worker that ends.
        guard !Task.isCancelled else { return }
        news.yield(News(connection: number, event: .ended(reason: reason, random: .random(in: 0...1))))
    }

    private func request(
        _ method: String, _ path: String, _ body: [UInt8]?, session: String? = nil
    ) throws -> HTTPRequest {
        var request = HTTPRequest(
            method: method, url: configuration.hub + path, body: body, tls: try tls(), proxy: .none,
            versions: .http1)
        if body != nil { request.headers.append((name: "Content-Type", value: "application/json")) }
        if let session {
            request.headers.append((name: FleetProtocol.sessionHeader, value: session))
        } else if let file = configuration.tokenFile,
            let token = (try? String(contentsOfFile: file, encoding: .utf8))?.split(whereSeparator: \.isWhitespace)
                .first
        {
            request.headers.append((name: "Authorization", value: "Bearer \(token)"))
        }
        return request
    }

    private func tls() throws -> TLSSettings {
        var tls = configuration.tls
        guard let file = configuration.authoritiesFile else { return tls }
        guard let pem = FileManager.default.contents(atPath: file), !pem.isEmpty else {
            throw FleetWireError("\(file), by which the hub is trusted, is not there yet")
        }
        tls.trust = .authorities([UInt8](pem))
        return tls
    }

    private static func refusal(_ status: Int, _ body: [UInt8]) -> FleetWireError {
        let text =
            (try? JSONValue(parsing: body))?["error"]?.string ?? String(decoding: body.prefix(300), as: UTF8.self)
        return FleetWireError("the hub answers \(status): \(text)")
    }

    // MARK: Up

    private func keepReporting() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: self.state.withLock { $0.heartbeat })
                    self.noteStatus()
                }
            }
            for await _ in reports {
                while !Task.isCancelled, await report() {}
            }
            group.cancelAll()
        }
    }

    /// How the worker does, with every heartbeat: which also tells the hub that it lives.
    private func noteStatus() { add(.status(statusReport())) }

    private func statusReport() -> FleetWorkerReport {
        var report = workload.report
        let status = status
        report.counters["fleetShedLines"] = status.shedLines + status.doubtfulLines
        report.counters["fleetShedActions"] = status.shedActions + status.doubtfulActions
        report.counters["fleetConnects"] = status.connects
        if let problem = state.withLock({ $0.storageProblem }) { report.problems.append(problem) }
        return report
    }

    /// Sends a report; false if there is nothing to say, or nobody to say it to.
    private func report() async -> Bool {
        let (next, target) = state.withLock { state in
            (state.target.flatMap { state.outbox.next(to: $0) }, state.target)
        }
        guard let next else { return false }
        do {
            var request = try self.request("POST", FleetProtocol.reportPath, next.body, session: next.session)
            request.limits = TimeLimits(headers: .seconds(15), silence: .seconds(15), total: .seconds(30))
            let response = try await transport.send(request)
            let body = try await response.body.collect(limit: 1 << 16)
            switch response.status {
            case 200: state.withLock { $0.outbox.delivered() }
            case 400, 413:
                // It would be refused again.
                log("The hub refuses a report", [("err", "\(Self.refusal(response.status, body))")])
                state.withLock { $0.outbox.delivered() }
            case 410:
                forget(target)
                await pause()
            default: await pause()
            }
        } catch {
            await pause()
        }
        return true
    }

    /// The hub does not know the connection any more, whatever we think of it.
    private func forget(_ target: Outbox.Target?) {
        let connection = state.withLock { state -> Int? in
            guard state.target == target else { return nil }
            state.target = nil
            return state.connection
        }
        guard let connection else { return }
        let ended = WorkerLink.Event.ended(
            reason: "the hub does not know the connection any more", random: .random(in: 0...1))
        news.yield(News(connection: connection, event: ended))
    }

    private func pause() async { try? await Task.sleep(for: configuration.firstDelay * Double.random(in: 0.5...1)) }

    private func flush(within grace: Duration) async {
        // Not cancelled itself: what waits is to be said.
        await Task.detached { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { while await self.report(), !Task.isCancelled {} }
                group.addTask { try? await Task.sleep(for: grace) }
                await group.next()
                group.cancelAll()
            }
        }.value
    }
}
