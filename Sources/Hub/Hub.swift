internal import Fleet
internal import HTTPServer
package import JSON
package import KubernetesClient
internal import LeaderElection
internal import Metrics
internal import PodSignals
internal import ScriptRuntime
internal import ScriptStore
internal import ScriptViews
internal import ServerTLS
internal import Threading
internal import Timestamps

/// The hub: runs the config map's scripts, and tells them of every pod.
///
/// ```
/// config map, secret ─▶ ScriptSource ─▶ ScriptHost ◀─ PodFeed ◀─ pods, Events, nodes
///                                          │            ▲
///                     HubConsole, status ◀─┘       LeaderElector
/// ```
/// All hubs of an installation follow everything and have their scripts loaded; the leader alone tells them anything.
package final class Hub: Sendable {
    package let configuration: HubConfiguration
    package let console: HubConsole
    let scripts: ScriptHost
    /// The workers; nil where no API listens.
    var fleet: HubFleet? { knownFleet.withLock { $0 } }
    private let knownFleet = Locked<HubFleet?>(nil)
    let client: KubernetesClient
    let log: HubLog
    private let metricRegistry = MetricRegistry()
    private let tally = EventTally()
    private let sink: HubSink
    private let source: ScriptSource
    private let feed = Locked<PodFeed?>(nil)
    private let nameFeed = Locked<NameFeed?>(nil)
    private let elector = Locked<LeaderElector?>(nil)
    private let isEnding = Locked(false)
    /// What scripts have finished with, for the lease.
    private let finished = Locked(DeliveryPosition())
    /// The version of the config map that runs, once one does; empty: there is no config map.
    private let applied = Locked<String?>(nil)
    private let convergence = Locked(DurationHistogram())
    /// Something that the status shows has changed.
    let statusNews = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    private let started = Timestamp.now()
    private let boundPort = Locked<Int?>(nil)
    let injection = Locked<WorkerInjection?>(nil)
    /// The certificate of the authority that has signed ours.
    let authority = Locked<String?>(nil)
    let certificate = Locked<TLSAcceptor?>(nil)
    /// Another hub that leads, as its lease says.
    private let leader = Locked<LeaderAddress?>(nil)
    let leaderLink = LeaderLink()

    package init(_ configuration: HubConfiguration, client: KubernetesClient, console: HubConsole, log: HubLog) {
        self.configuration = configuration
        self.client = client
        self.console = console
        self.log = log
        sink = HubSink(console: console)
        source = ScriptSource(
            client: client, namespace: configuration.namespace, configMap: configuration.configMap,
            secret: configuration.secret, settings: configuration.reflector, tally: tally)
        var engine = configuration.engine
        let weak = Locked(WeakHub())
        let own = HubHelpers.all(
            { action, object, script in weak.withLock { $0.hub }?.act(action, object, script) },
            { weak.withLock { $0.hub }?.targetedPods ?? [:] })
        let paths = Set(own.map(\.path))
        engine.helpers = own + engine.helpers.filter { !paths.contains($0.path) }
        engine.preludes = [ScriptViews.prelude] + engine.preludes
        let folder =
            configuration.stateFolder.map { "\($0)/files" } ?? "/tmp/remora-hub-\(configuration.identity)/files"
        var blockPod: ScriptHost.BlockPod?
        if configuration.allowsBlockingPods {
            let isolation = PodIsolation(client: client)
            blockPod = { name, namespace in try await isolation.block(name, in: namespace) }
        }
        scripts = ScriptHost(
            engine, dataFolder: folder, metrics: metricRegistry, sink: sink, blockPod: blockPod)
        sink.hear { [weak scripts] event in scripts?.observe(event) }
        weak.withLock { $0.hub = self }
        log.observe { [scripts] level, record in
            if scripts.hooks.contains(.logCall) { scripts.deliver(.logCall(level: level.rawValue, message: record)) }
        }
    }

    private struct WeakHub: Sendable { weak var hub: Hub? }

    /// The port that the API listens on, once it does.
    package var port: Int? { boundPort.withLock { $0 } }
    /// Where the API listens, without a path.
    package var url: String? {
        guard let (host, _) = configuration.listen else { return nil }
        return port.map {
            LeaderAddress(host: host, port: $0, isSecure: configuration.certificate != nil).url
        }
    }
    /// Whether this hub leads.
    package var isLeader: Bool { configuration.lease == nil || elector.withLock { $0 }?.isLeading == true }
    var mayAct: Bool { configuration.lease == nil || elector.withLock { $0 }?.mayAct == true }
    /// What the config map and the secret say.
    package var reading: ScriptSource.Reading { source.current }

    // MARK: Running

    /// Runs until the task is cancelled; then scripts finish what they have, and the lease is given up.
    package func run() async throws {
        let fleet =
            configuration.listen == nil ? nil : makeFleet { [statusNews] in statusNews.continuation.yield() }
        knownFleet.withLock { $0 = fleet }
        let server = try await listen()
        let journal = try configuration.stateFolder.map {
            try DeliveryJournal(
                folder: $0,
                owner: "\(client.configuration.server) \(configuration.namespace)/\(configuration.configMap)")
        }
        let start = await startPosition(journal)
        if let start { log.info("Continues where a hub before stopped", [("position", "\(start)")]) }
        let feed = PodFeed(
            PodFeed.Environment(
                client: client, namespace: configuration.watchedNamespace, scripts: scripts, fleet: fleet,
                log: log,
                mayAct: { [weak self] in self?.mayAct ?? false }, settings: configuration.reflector, tally: tally),
            start: start, journal: journal)
        self.feed.withLock { $0 = feed }
        let names = fleet.map { makeNameFeed($0.hub) }
        nameFeed.withLock { $0 = names }
        let publisher = StatusPublisher(
            client: client, configuration: configuration, log: log, mayAct: { [weak self] in self?.mayAct ?? false },
            certificate: { [weak self] in self?.madeCertificate })
        sink.observe { [statusNews] in statusNews.continuation.yield() }

        let work = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await feed.run() }
                group.addTask {
                    await self.source.run {
                        await self.apply($0)
                        self.statusNews.continuation.yield()
                    }
                }
                group.addTask { await self.publish(publisher) }
                group.addTask { await self.takeAuthority() }
                group.addTask { await self.copyCertificate() }
                group.addTask { await self.keepWebhook() }
                if let fleet { group.addTask { await fleet.hub.run() } }
                if let names { group.addTask { await names.run(pods: feed.pods, nodes: feed.nodes) } }
                await group.waitForAll()
            }
        }
        let election = Task { await self.takePart(feed, journal) }
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        await end(work, election, feed, server)
    }

    private func end(_ work: Task<Void, Never>, _ election: Task<Void, Never>, _ feed: PodFeed, _ server: HTTPServer?)
        async
    {
        // Not cancelled itself: what is left to do is to be waited for.
        await Task.detached { [self] in
            isEnding.withLock { $0 = true }
            log.info("Ends: scripts finish what they have")
            election.cancel()
            await election.value
            await feed.stopLeading()
            fleet?.hub.close("the hub ends")
            await feed.settle(limit: configuration.grace)
            let last = await feed.finished
            finished.withLock { $0 = last }
            await elector.withLock { $0 }?.release()
            work.cancel()
            await scripts.shutdown()
            await server?.shutdown()
            log.info("Ended")
        }.value
    }

    private func listen() async throws -> HTTPServer? {
        guard let (host, port) = configuration.listen else { return nil }
        let authentication =
            configuration.tokenFile.map { HubAuthentication(tokenFile: $0) }
            ?? (configuration.allowsEverybody
                ? .open : HubAuthentication(client: client, namespace: configuration.namespace))
        var limits = HTTPServerConfiguration()
        if let source = configuration.certificate {
            let acceptor = try TLSAcceptor(source) { [log] in log.info("Certificate", [("news", $0)]) }
            acceptor.secure(&limits)
            certificate.withLock { $0 = acceptor }
        }
        let server = try await HTTPServer.start(host: host, port: port, configuration: limits) { [weak self] request in
            guard let self else { return HTTPResponse(body: .disconnect) }
            return await HubAPI(hub: self, authentication: authentication).answer(request)
        }
        boundPort.withLock { $0 = server.port }
        log.info("API listens", [("url", server.url)])
        return server
    }

    /// Where other hubs find our API; nil: nowhere.
    private var address: LeaderAddress? {
        guard let (host, _) = configuration.listen, let port else { return nil }
        let reachable = configuration.advertisedHost ?? (["0.0.0.0", "::"].contains(host) ? nil : host)
        return reachable.map {
            LeaderAddress(
                host: $0, port: port, isSecure: configuration.certificate != nil,
                certificate: certificate.withLock { $0 }?.ownCertificate)
        }
    }

    /// The hub that answers in place of this one: another that leads, if it said where it is.
    var actingLeader: LeaderAddress? { isLeader ? nil : leader.withLock { $0 } }

    private func makeFleet(changed: @escaping @Sendable () -> Void) -> HubFleet {
        let mode: WorkerAuthentication.Mode =
            if let file = configuration.workerTokenFile {
                .file(file)
            } else {
                configuration.allowsEverybody ? .open : .cluster(client, namespace: configuration.namespace)
            }
        return HubFleet(
            HubFleet.Environment(
                client: client, namespace: configuration.watchedNamespace,
                authentication: WorkerAuthentication(mode: mode), console: console, log: log,
                stateFolder: configuration.stateFolder,
                act: { [scripts] action, object, sender in
                    scripts.deliver(.hubAction(action, object: object?.encoded(), sender: sender.encoded()))
                },
                targetedPods: { [weak self] in self?.targetedPods ?? [:] },
                events: { [weak self] in self?.feed.withLock { $0 }?.events.objects ?? [] },
                node: { [weak self] name in self?.feed.withLock { $0 }?.node(name) ?? .unknown("the hub ends") },
                changed: changed),
            settings: configuration.fleet)
    }

    private func makeNameFeed(_ fleet: FleetHub) -> NameFeed {
        NameFeed(
            NameFeed.Environment(
                client: client, namespace: configuration.watchedNamespace, settings: configuration.reflector,
                tally: tally, fleet: fleet, log: log,
                changed: { [statusNews] in statusNews.continuation.yield() }))
    }

    /// How long workers have the processors for themselves when an edit goes out.
    private static let headStart: Duration = .milliseconds(50)
    /// How long an edit that goes out in stages waits for the hub's own verdict: scripts may run minutes at their top level.
    private static let gate: Duration = .seconds(2)

    private func apply(_ reading: ScriptSource.Reading) async {
        // Workers judge for themselves. Only where some try an edit first does the hub's own verdict keep it from them all.
        let isStaged = HubFleet.isStaged(reading)
        if !isStaged {
            fleet?.publish(reading)
            // Ten VMs are made while a hundred workers could have been told.
            await fleet?.hub.untilSent(limit: Self.headStart)
        }
        let applying = Task { await scripts.apply(reading.set, environment: reading.environment) }
        if isStaged { await publish(reading, after: applying) }
        let changed = await applying.value
        for outcome in changed {
            var fields = [("index", "\(outcome.index)"), ("title", outcome.title), ("state", outcome.state.rawValue)]
            if let error = outcome.error, outcome.state != .running {
                fields.append(("err", error + (outcome.line.map { " at line \($0)" } ?? "")))
            }
            log.log(outcome.state == .running || outcome.state == .inactive ? .info : .warning, "Script", fields)
        }
        for problem in reading.problems { log.warning("Configuration", [("problem", problem)]) }
        if let problem = scripts.helperProblem, !hasApplied {
            log.error("Helpers are missing: scripts have no vendor and no file", [("err", problem)])
        }
        applied.withLock { $0 = reading.version }
        if let received = reading.received { convergence.withLock { $0.add(.now - received) } }
    }

    /// Tells workers of an edit when the hub has its own verdict on it, or has needed too long for that.
    private func publish(_ reading: ScriptSource.Reading, after applying: Task<some Sendable, Never>) async {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                _ = await applying.value
                return true
            }
            group.addTask {
                try? await Task.sleep(for: Self.gate)
                return false
            }
            let hasVerdict = await group.next() ?? false
            // Here, since the group ends when the scripts are applied.
            fleet?.publish(reading, outcomes: hasVerdict ? scripts.outcomes : [])
            group.cancelAll()
        }
    }

    private var hasApplied: Bool { applied.withLock { $0 } != nil }

    private func publish(_ publisher: StatusPublisher) async {
        var pause: Duration = .seconds(1)
        for await _ in statusNews.stream {
            // A stand-by does it when it leads.
            guard isLeader, hasApplied else { continue }
            let isDone = await publisher.publish(await status, about: reading.configMap)
            pause = isDone ? .seconds(1) : min(pause * 2, .seconds(30))
            if !isDone { statusNews.continuation.yield() }
            // A script that fails a thousand times a second is written of once a second.
            try? await Task.sleep(for: pause)
        }
    }

    // MARK: Leading

    /// Where a predecessor stopped: the later of what its lease and our journal say.
    private func startPosition(_ journal: DeliveryJournal?) async -> DeliveryPosition? {
        var position = journal?.previous?.finished
        if let lease = configuration.lease {
            let key = ObjectKey(namespace: configuration.namespace, name: lease)
            // A server that is not there yet is waited for: to begin anywhere else could lose something.
            while !Task.isCancelled {
                do {
                    let found = try await client.lease(key)
                    if let left = found.flatMap(Self.position) { position = position?.merged(left) ?? left }
                    break
                } catch {
                    log.warning("Lease could not be read", [("err", "\(error)")])
                    if [401, 403].contains((error as? APIError)?.status?.code) { break }
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
        return position
    }

    private static let annotation = "remora.dev/delivered"

    private static func position(_ lease: Lease) -> DeliveryPosition? {
        lease.annotations[annotation].flatMap { DeliveryPosition($0) }
    }

    private func takePart(_ feed: PodFeed, _ journal: DeliveryJournal?) async {
        guard let name = configuration.lease else {
            await waitForScripts()
            await feed.lead(from: journal?.previous?.finished, DeliveryDoubt(started: journal?.previous?.started))
            return
        }
        let elector = LeaderElector(
            client: client, identity: configuration.identity,
            key: ObjectKey(namespace: configuration.namespace, name: name), settings: configuration.election,
            annotations: { [finished, weak self] in
                let position = finished.withLock { $0 }
                var annotations = LeaderAddress.annotations(self?.address)
                if position != DeliveryPosition() { annotations[Self.annotation] = position.description }
                return annotations
            },
            sighted: { [leader] lease in
                leader.withLock { $0 = lease.holder.isEmpty ? nil : LeaderAddress(lease.annotations) }
                guard let position = Self.position(lease) else { return }
                Task { await feed.follow(position) }
            })
        self.elector.withLock { $0 = elector }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Whoever cannot tell scripts anything should not keep another from it.
                await self.waitForScripts()
                await elector.run()
            }
            group.addTask {
                for await change in elector.changes { await self.follow(change, feed, journal) }
            }
            group.addTask {
                // What was finished reaches the lease within half a second, not only with the next renewal.
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(500))
                    let position = await feed.finished
                    let isNews = self.finished.withLock { known in
                        defer { known = position }
                        return PodStream.allCases.contains { known[$0] != position[$0] }
                    }
                    if isNews { elector.nudge() }
                }
            }
            await group.waitForAll()
        }
    }

    private func waitForScripts() async {
        while !Task.isCancelled, !hasApplied { try? await Task.sleep(for: .milliseconds(20)) }
    }

    private func follow(_ change: LeaderElector.Change, _ feed: PodFeed, _ journal: DeliveryJournal?) async {
        switch change {
        case .ended(let reason):
            log.warning("Leads no more", [("reason", reason)])
            await feed.stopLeading()
        case .began(let former):
            log.info("Leads", [("identity", configuration.identity), ("former", former?.holder ?? "")])
            // The lease says soon where we are, and the status what runs.
            elector.withLock { $0 }?.nudge()
            statusNews.continuation.yield()
            var doubt = DeliveryDoubt()
            if let started = journal?.previous?.started, former?.holder == configuration.identity {
                doubt.started = started
            } else if let former, !former.holder.isEmpty {
                doubt.until = former.renewed.map { $0 + configuration.election.actDeadline }
            }
            var position = former.flatMap(Self.position)
            if former?.holder == configuration.identity, let mine = journal?.previous?.finished {
                position = position?.merged(mine) ?? mine
            }
            await feed.lead(from: position, doubt)
        }
    }

    // MARK: What others ask

    private func act(_ action: String, _ object: JSONValue?, _ script: ScriptIdentity) {
        let sender: JSONValue = [
            "script": .string(script.title), "index": .integer(Int64(script.index)), "node": "hub",
            "time": .string(Timestamp.now().withMicroseconds),
        ]
        scripts.deliver(.hubAction(action, object: object?.encoded(), sender: sender.encoded()))
    }

    /// `{targets, excluded}`.
    package var targetedPods: JSONValue {
        TargetedPods(feed.withLock { $0 }?.pods.objects ?? [], reading.keys).json
    }

    /// What it tells of itself.
    package var status: HubStatus {
        get async {
            let reading = reading
            return HubStatus(
                identity: configuration.identity, isLeader: isLeader,
                isReady: await readiness.allSatisfy { $0.problem == nil }, revision: scripts.set.revision,
                configMapVersion: applied.withLock { $0 } ?? "", scripts: scripts.outcomes,
                problems: reading.problems + (isLeader ? fleet?.problems ?? [] : [])
                    + (nameFeed.withLock { $0 }?.problems ?? []),
                notes: isLeader ? fleet?.notes ?? [] : [],
                pods: feed.withLock { $0 }?.pods.health.objectCount ?? 0, workers: fleet?.hub.workers ?? [],
                rollout: fleet?.hub.rollout, names: fleet?.hub.nameStatus, time: .now())
        }
    }

    /// The conditions under which it does what it is for.
    var readiness: [ReadinessCheck] {
        get async {
            guard let feed = feed.withLock({ $0 }) else { return [ReadinessCheck("start", "the hub is starting")] }
            var checks = [
                ReadinessCheck(watch: "pods", feed.pods.health), ReadinessCheck(watch: "events", feed.events.health),
                // Who watches one namespace may not see nodes.
                ReadinessCheck(watch: "nodes", feed.nodes.health, isRequired: configuration.watchedNamespace == nil),
                ReadinessCheck(watch: "config-map", source.configMaps.health),
                ReadinessCheck(watch: "secret", source.secrets.health),
                ReadinessCheck("scripts", hasApplied ? nil : "the config map was not applied yet"),
                ReadinessCheck("pods-known", await feed.hasBegun ? nil : "the pods are not all known yet"),
            ]
            if configuration.lease != nil {
                checks.append(ReadinessCheck("lease", elector.withLock { $0 }?.lastError))
            }
            if isEnding.withLock({ $0 }) { checks.append(ReadinessCheck("shutdown", "the hub ends")) }
            return checks
        }
    }

    /// Each job of each script.
    package var jobs: [JSONValue] {
        scripts.set.scripts.flatMap { script in
            scripts.jobs(of: script.index).map { job in
                [
                    "worker": "hub", "node": "hub", "script": .string(script.trimmedTitle),
                    "index": .integer(Int64(script.index)), "tag": .string(job.tag),
                    "isRunning": .boolean(job.state == .running), "isPending": .boolean(job.state == .pending),
                ]
            }
        }
    }

    /// The text of `/metrics`.
    var metrics: String {
        get async {
            var page = MetricsPage()
            page.labelled(
                "remora_build_info", "gauge", "Always 1; which version runs.",
                [([("version", configuration.version)], 1)])
            page.addProcess(started: Double(started.microseconds) / 1e6)
            if let feed = feed.withLock({ $0 }) {
                page.addWatches(
                    [
                        ("pods", feed.pods.health), ("events", feed.events.health), ("nodes", feed.nodes.health),
                        ("configmaps", source.configMaps.health), ("secrets", source.secrets.health),
                    ] + (nameFeed.withLock { $0 }?.watches ?? []))
                page.labelled(
                    "remora_watch_events_total", "counter", "What watches told, by what happened to the object.",
                    tally.all.map { ([("resource", $0.resource), ("type", $0.type)], Double($0.count)) })
                let counters = await feed.counters
                page.labelled(
                    "remora_pod_changes_total", "counter", "What happened to pods, by kind.",
                    counters.changes.sorted { $0.key < $1.key }.map { ([("kind", $0.key)], Double($0.value)) })
                page.single(
                    "remora_pod_deliveries_total", "counter", "Changes of pods that were handed to scripts.",
                    Double(counters.delivered))
                page.single(
                    "remora_pod_deliveries_doubtful_total", "counter",
                    "Changes that a hub that died may have handed to scripts before.", Double(counters.doubtful))
                page.single("remora_pod_delivery_backlog", "gauge", "Changes that wait.", Double(await feed.backlog))
                page.histogram(
                    "remora_pod_delivery_delay_seconds", "From a change's arrival to its being queued for scripts.",
                    counters.latency)
            }
            let counts = sink.counts
            page.labelled(
                "remora_script_push_total", "counter", "Versions of scripts, by what became of them.",
                [([("result", "loaded")], Double(counts.loaded)), ([("result", "refused")], Double(counts.refused))])
            page.histogram(
                "remora_script_convergence_seconds",
                "From an edit's arrival to its scripts being in force, or refused.", convergence.withLock { $0 })
            page.labelled(
                "remora_hook_errors_total", "counter", "Calls into scripts that failed, by hook.",
                counts.hookErrors.sorted { $0.key < $1.key }.map { ([("hook", $0.key)], Double($0.value)) })
            let outcomes = scripts.outcomes
            page.labelled(
                "remora_hook_calls_total", "counter", "Calls of hooks, by script.",
                outcomes.map { ([("script", "\($0.index)")], Double($0.calls)) })
            page.single(
                "remora_hook_dropped_total", "counter", "Calls that were dropped because a script's queue was full.",
                Double(counts.droppedCalls))
            page.labelled(
                "remora_scripts", "gauge", "Scripts, by state.",
                Dictionary(grouping: outcomes, by: \.state.rawValue).sorted { $0.key < $1.key }
                    .map { ([("state", $0.key)], Double($0.value.count)) })
            page.single("remora_leader", "gauge", "Whether this hub leads.", isLeader ? 1 : 0)
            page.single("remora_console_messages_total", "counter", "Messages of scripts.", Double(console.printed))
            page.single("remora_console_viewers", "gauge", "Clients that follow the console.", Double(console.viewers))
            page.single(
                "remora_console_dropped_total", "counter", "Messages that slow viewers missed.", Double(console.dropped)
            )
            if let fleet { page.add(fleet.hub) }
            // Those of integrations and of scripts; no name stands on both pages.
            return page.text + metricRegistry.exposition()
        }
    }
}
