internal import Fleet
internal import JSON
internal import KubernetesClient
internal import PodSignals
internal import ScriptRuntime
internal import Timestamps

/// From three watches to calls of `onPodEvent`: every change of a pod once, in order, by the leader alone.
///
/// ```
/// pods, events, nodes ─▶ PodSignals ─▶ DeliveryQueue ─┬─ leading: ─▶ journal ─▶ scripts ─▶ journal, lease
///                                                     └─ standing by: forgotten as the leader's lease moves on
/// ```
/// A process begins with the collections as they were at the position that its predecessor reached, so that what
/// happened in between comes as if it had been there all the time.
actor PodFeed {
    /// What the feed needs of the rest of the hub.
    struct Environment: Sendable {
        let client: KubernetesClient
        let namespace: String?
        let scripts: ScriptHost
        /// The workers, if there can be any.
        let fleet: HubFleet?
        let log: HubLog
        /// Whether this process may deliver now.
        let mayAct: @Sendable () -> Bool
        let settings: ReflectorSettings
        let tally: EventTally
    }

    private enum Mode {
        case standingBy
        case sweeping
        case leading(DeliveryDoubt)
    }

    private let environment: Environment
    private let journal: DeliveryJournal?
    private let start: DeliveryPosition?
    nonisolated let pods: Informer<Pod>
    nonisolated let events: Informer<ClusterEvent>
    nonisolated let nodes: Informer<Node>
    private var signals = PodSignals()
    private var queue = DeliveryQueue()
    private var mode = Mode.standingBy
    private var isDraining = false
    /// Handed to the scripts.
    private var handedOver = DeliveryPosition()
    /// Scripts have finished with it.
    private(set) var finished = DeliveryPosition()
    private(set) var counters = FeedCounters()

    init(_ environment: Environment, start: DeliveryPosition?, journal: DeliveryJournal?) {
        self.environment = environment
        self.journal = journal
        self.start = start
        func settings(_ stream: PodStream) -> ReflectorSettings {
            var settings = environment.settings
            settings.startVersion = start?.version(stream)
            return settings
        }
        let selection = Selection(namespace: environment.namespace)
        pods = Informer<Pod>(client: environment.client, selection: selection, settings: settings(.pods))
        events = Informer<ClusterEvent>(
            client: environment.client,
            selection: Selection(namespace: environment.namespace, fieldSelector: "involvedObject.kind=Pod"),
            settings: settings(.events))
        nodes = Informer<Node>(client: environment.client, settings: settings(.nodes))
        if let start {
            handedOver = start
            finished = start
        }
    }

    // MARK: Running

    /// Watches until the task is cancelled.
    func run() async {
        let podNews = pods.subscribe(rawByteLimit: Self.rawByteLimit)
        let eventNews = events.subscribe()
        let nodeNews = nodes.subscribe()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.pods.run() }
            group.addTask { await self.events.run() }
            group.addTask { await self.nodes.run() }
            group.addTask { await self.follow(podNews, eventNews, nodeNews) }
            group.addTask { await self.keepPosition() }
            await group.waitForAll()
        }
    }

    /// As much JSON text of pods as may wait between the watch and this feed, which is always quick.
    private static let rawByteLimit = 4 << 20

    private nonisolated func follow(
        _ podNews: InformerSubscription<Pod>, _ eventNews: InformerSubscription<ClusterEvent>,
        _ nodeNews: InformerSubscription<Node>
    ) async {
        // Pods before Events, since an Event is about a pod; nodes before pods, since a pod is on a node. What may not
        // be read does not hold up the rest.
        // A hub of one namespace is not given nodes, as a rule, and need not wait for them.
        await Self.wait(for: nodes, limit: .seconds(5), endsIfForbidden: environment.namespace != nil)
        if !nodes.health.isSynced {
            let reason = nodes.health.lastError ?? "they have not been listed yet"
            environment.log.log(
                environment.namespace == nil ? .warning : .info, "Nodes are not seen", [("reason", reason)])
        }
        let nodesBefore = await Self.initial(nodeNews, nodes)
        guard (try? await pods.waitUntilSynced()) != nil else { return }
        let podsBefore = await Self.initial(podNews, pods)
        await Self.wait(for: events, limit: .seconds(5))
        let eventsBefore = await Self.initial(eventNews, events)
        await begin(nodesBefore, podsBefore, eventsBefore)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await batch in podNews { await self.take(pods: batch.events) } }
            group.addTask { for await batch in eventNews { await self.take(events: batch.events) } }
            group.addTask { for await batch in nodeNews { await self.take(nodes: batch.events) } }
        }
    }

    private static func wait<Object>(
        for informer: Informer<Object>, limit: Duration, endsIfForbidden: Bool = false
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await informer.waitUntilSynced() }
            group.addTask {
                let end = ContinuousClock.now + limit
                while !Task.isCancelled, .now < end, !(endsIfForbidden && informer.health.isForbidden) {
                    try? await Task.sleep(for: .milliseconds(20))
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    private static func initial<Object>(
        _ news: InformerSubscription<Object>, _ informer: Informer<Object>
    ) async -> [InformerEvent<Object>] {
        guard informer.health.isSynced else { return [] }
        var iterator = news.makeAsyncIterator()
        return await iterator.next()?.events ?? []
    }

    // MARK: News

    private func begin(
        _ nodesBefore: [InformerEvent<Node>], _ podsBefore: [InformerEvent<Pod>],
        _ eventsBefore: [InformerEvent<ClusterEvent>]
    ) {
        take(nodes: nodesBefore)
        take(pods: podsBefore)
        take(
            events: eventsBefore.sorted {
                $0.change.object.identity.versionNumber < $1.change.object.identity.versionNumber
            })
        for (stream, version) in [
            (PodStream.pods, pods.health.firstVersion), (.events, events.health.firstVersion),
            (.nodes, nodes.health.firstVersion),
        ] {
            // Without a predecessor what exists is where it begins.
            if start == nil, let number = version.flatMap({ UInt64($0.text) }) {
                handedOver.advance(stream, to: number)
            }
        }
        hasBegun = true
    }

    /// The watches are complete, and everything in them is known.
    private(set) var hasBegun = false

    /// The server still knew the version at which the predecessor stopped: nothing of what happened since is missing.
    private var isExact: Bool { start != nil && pods.health.firstVersion == start?.version(.pods) }

    private func take(pods events: [InformerEvent<Pod>]) {
        environment.tally.count(events, of: "pods")
        for event in events {
            let pod = event.change.object
            let notices: [PodNotice]
            if event.source == .initial {
                // What it shows is known, but for what happened after a predecessor of which the server has
                // forgotten the version.
                let told = isExact ? nil : start?.time
                notices = signals.existing(pod, told: told).filter { $0.event != .added }
            } else {
                notices = signals.apply(event.change)
            }
            let json = notices.isEmpty ? nil : event.raw?.withUnsafeBytes { PodJSON.stripped($0) }
            enqueue(
                notices, .pods, pod.identity.versionNumber, before: event.change.before, json: json, event.received,
                isExact: event.source == .watch)
        }
        drainSoon()
    }

    private func take(events: [InformerEvent<ClusterEvent>]) {
        environment.tally.count(events, of: "events")
        for event in events {
            if case .deleted = event.change { continue }
            let object = event.change.object
            if event.source == .initial {
                signals.existing(object)
            } else {
                enqueue(signals.apply(object), .events, object.identity.versionNumber, json: nil, event.received)
            }
        }
        drainSoon()
    }

    private func take(nodes events: [InformerEvent<Node>]) {
        environment.tally.count(events, of: "nodes")
        for event in events {
            let node = event.change.object
            if event.source == .initial {
                signals.existing(node)
            } else {
                enqueue(signals.apply(event.change), .nodes, node.identity.versionNumber, json: nil, event.received)
            }
        }
        drainSoon()
    }

    private func enqueue(
        _ notices: [PodNotice], _ stream: PodStream, _ version: UInt64, before: Pod? = nil, json: [UInt8]?,
        _ received: ContinuousClock.Instant, isExact: Bool = true
    ) {
        for (ordinal, notice) in notices.enumerated() {
            if let change = notice.change { counters.changes[change.kind.rawValue, default: 0] += 1 }
            queue.append(
                Delivery(
                    stream: stream, version: version, ordinal: ordinal, notice: notice, before: before, json: json,
                    received: received,
                    isExact: isExact))
        }
    }

    // MARK: Leading

    /// Another leads, and its scripts have finished with everything up to here.
    func follow(_ position: DeliveryPosition) {
        guard case .standingBy = mode else { return }
        queue.prune(through: position)
        handedOver = handedOver.merged(position)
        finished = handedOver
    }

    /// Leads from now on: tells scripts of every pod, and then of what was not delivered yet.
    func lead(from position: DeliveryPosition?, _ doubt: DeliveryDoubt) async {
        guard case .standingBy = mode else { return }
        mode = .sweeping
        while !hasBegun {
            if Task.isCancelled { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
        if let position {
            queue.prune(through: position)
            handedOver = handedOver.merged(position)
        }
        // Workers are told of what follows, and of what there is as they come.
        environment.fleet?.hub.begin(at: PodPosition(handedOver))
        let sweeper = PodSweep(
            client: environment.client, namespace: environment.namespace, scripts: environment.scripts)
        let exactly = position?.version(.pods) ?? pods.health.firstVersion
        let told = await sweeper.run(exactly: exactly, mayAct: environment.mayAct)
        counters.added += told.count
        guard case .sweeping = mode else { return }
        // The sweep showed a later state than asked for: what it showed is not told again.
        if let version = told.version, version > exactly.flatMap({ UInt64($0.text) }) ?? 0 {
            shownThrough = version
        }
        mode = .leading(doubt)
        await drain()
    }

    /// Pods were shown as of this version, which is later than the position.
    private var shownThrough: UInt64 = 0

    /// Leads no more. Returns once nothing is being handed over.
    func stopLeading() async {
        mode = .standingBy
        environment.fleet?.hub.dismissAll("this hub leads no more")
        while isDraining { try? await Task.sleep(for: .milliseconds(5)) }
    }

    private nonisolated func drainSoon() { Task { await self.drain() } }

    private func drain() async {
        guard case .leading(let doubt) = mode, !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        while !queue.isEmpty, case .leading = mode {
            guard environment.mayAct() else { return }
            let batch = queue.takeAll()
            let hasHook = environment.scripts.hooks.contains(.podEvent)
            var started = handedOver
            for delivery in batch { started.advance(delivery.stream, to: delivery.version) }
            if hasHook {
                var begun = started
                begun.time = .now()
                journal?.started(begun)
            }
            var lookups = 8
            for delivery in batch {
                if hasHook || environment.fleet != nil { await hand(delivery, doubt, hasHook, &lookups) }
                counters.delivered += 1
            }
            handedOver = started
            environment.fleet?.hub.reached(PodPosition(started))
        }
    }

    private func isShown(_ delivery: Delivery) -> Bool {
        delivery.stream == .pods && delivery.version <= shownThrough && delivery.notice.change == nil
            && delivery.notice.event != .deleted
    }

    private func hand(_ delivery: Delivery, _ doubt: DeliveryDoubt, _ hasHook: Bool, _ lookups: inout Int) async {
        var notice = delivery.notice
        let isForScripts = hasHook && !isShown(delivery)
        let isDoubtful = doubt.covers(delivery)
        if isDoubtful {
            notice.change?.firstSeen = false
            counters.doubtful += 1
        }
        var json = delivery.json
        if json == nil, notice.event != .deleted, lookups > 0,
            isForScripts || environment.fleet?.hears(of: notice.pod) == true
        {
            lookups -= 1
            json = await lookUp(notice.pod)
        }
        let text = json ?? notice.pod.outline.encoded()
        environment.fleet?.tell(delivery, notice, isDoubtful: isDoubtful, json: text)
        guard isForScripts else { return }
        if delivery.version <= shownThrough, delivery.stream == .pods, notice.event == .added {
            notice.event = .modified
        }
        environment.scripts.deliver(
            .podEvent(notice.event.rawValue, pod: text, change: notice.change.map { $0.json.encoded() }))
        counters.latency.add(.now - delivery.received)
    }

    /// The pod as it is now, for news that came without it; nil if it is another by now, or gone.
    private func lookUp(_ pod: Pod) async -> [UInt8]? {
        let key = pod.identity.key
        guard var value = try? await environment.client.get(.pods, namespace: key.namespace, name: key.name),
            value["metadata"]?["uid"]?.string == pod.identity.uid
        else { return nil }
        value["metadata"]?["managedFields"] = nil
        return value.encoded()
    }

    // MARK: The position

    /// How often it is looked at what scripts have finished with.
    private static let interval: Duration = .milliseconds(250)

    /// Notes, again and again, what scripts have finished with.
    private func keepPosition() async {
        var idle: DeliveryPosition?
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            guard hasBegun, case .leading = mode else { continue }
            await drain()
            await settle()
            // With nothing waiting, all that the watches have reached is done. They say how far they are a moment
            // before they hand the last event over; a look at it that is one interval old is safe.
            guard queue.isEmpty, !isDraining, pods.health.isSynced else {
                idle = nil
                continue
            }
            if let idle { advance(to: idle) }
            idle = reached
        }
    }

    /// Lines to a worker that reads are sent in less.
    private static let sendLimit: Duration = .milliseconds(500)

    private var reached: DeliveryPosition {
        var position = DeliveryPosition()
        func note(_ stream: PodStream, _ health: InformerHealth) {
            if let version = health.resourceVersion, let number = UInt64(version.text) { position[stream] = number }
        }
        note(.pods, pods.health)
        note(.events, events.health)
        note(.nodes, nodes.health)
        return position
    }

    private func advance(to position: DeliveryPosition) {
        handedOver = handedOver.merged(position)
        finished = finished.merged(position)
        finished.time = .now()
        journal?.finished(finished)
        environment.fleet?.hub.reached(PodPosition(position))
    }

    /// Waits until scripts have finished with what they were handed, at most for `limit`, and notes it.
    func settle(limit: Duration = .seconds(5)) async {
        let target = handedOver
        guard await environment.scripts.untilIdle(limit: limit) else { return }
        // What a successor does not tell again has to be on its way to the workers, too. One that does not read, or is
        // cut off, gets what it missed when it is back; it does not hold up the rest.
        await environment.fleet?.hub.untilSent(limit: Self.sendLimit)
        if finished.merged(target) != finished {
            finished = finished.merged(target)
            finished.time = .now()
            journal?.finished(finished)
        }
    }

    /// What is known of a node now.
    nonisolated func node(_ name: String) -> PodEvidence.NodeFinding {
        if let node = nodes[ObjectKey(name: name)] { return .known(node) }
        let health = nodes.health
        if !health.isSynced { return .unknown(health.lastError ?? "nodes have not been listed yet") }
        return .unknown("there is no node \(name)")
    }

    /// How many deliveries wait.
    var backlog: Int { queue.count }
}

/// What a feed has counted.
struct FeedCounters: Sendable {
    /// Changes by kind, as they were derived.
    var changes: [String: Int] = [:]
    /// Pods that were told of at the beginning.
    var added = 0
    /// Calls of `onPodEvent` that were made or that no script wanted.
    var delivered = 0
    /// Changes that may have been told by a hub that died.
    var doubtful = 0
    /// From an event's arrival to its being queued for the scripts.
    var latency = DurationHistogram()
}

extension InformerChange {
    /// The version before, of an object that changed.
    fileprivate var before: Object? { if case .modified(_, from: let before) = self { before } else { nil } }
}
