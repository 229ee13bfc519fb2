internal import CurlTransport
internal import Fleet
internal import JSON
internal import KubernetesClient
internal import Threading
internal import Timestamps

/// From watches to what workers know of addresses.
///
/// ```
/// pods, nodes (PodFeed's) ──────┐
/// services, endpoint slices ────┴▶ AddressOwners ─▶ FleetHub ─▶ workers
/// ```
/// A hub that stands by does the same, so that it knows everything when it leads. What may not be read holds nothing up.
final class NameFeed: Sendable {
    struct Environment: Sendable {
        let client: KubernetesClient
        /// The only namespace that is watched; nil: all.
        let namespace: String?
        let settings: ReflectorSettings
        let tally: EventTally
        let fleet: FleetHub
        let log: HubLog
        /// Something changed that a status shows.
        let changed: @Sendable () -> Void
    }

    private enum Source: String, CaseIterable {
        case pods, nodes, services
        case slices = "endpointslices"

        /// For people.
        var words: String { self == .slices ? "endpoint slices" : rawValue }
    }

    private struct State {
        var owners = AddressOwners()
        /// Of which everything that there was at the beginning is in ``owners``.
        var complete: Set<Source> = []
        /// Those that were not complete in time are not waited for.
        var isOverdue = false
        /// This API server has no endpoint slices.
        var lacksSlices = false
        /// What could not be read when it was last looked at.
        var failing: Set<Source> = []
    }

    private let environment: Environment
    let services: Informer<Service>
    /// Nil before it is known under which version the server has them.
    private let knownSlices = Locked<Informer<EndpointSlice>?>(nil)
    private let state = Locked(State())
    private let news = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// What changes within this time goes out together: the longer the more workers there are, since each of them costs the
    /// hub a line, and a thousand lines a second are enough.
    private static let leastInterval: Duration = .milliseconds(100)
    private static let intervalPerWorker: Duration = .milliseconds(1)
    /// How long services and endpoint slices are waited for at the beginning, once pods are known.
    private static let patience: Duration = .seconds(5)
    /// How often it is looked at what cannot be read, and under which version the server has endpoint slices if so.
    private static let lookInterval: Duration = .seconds(5)

    init(_ environment: Environment) {
        self.environment = environment
        services = Informer<Service>(
            client: environment.client, selection: Selection(namespace: environment.namespace),
            settings: environment.settings)
    }

    var slices: Informer<EndpointSlice>? { knownSlices.withLock { $0 } }

    /// How its own watches do.
    var watches: [(name: String, health: InformerHealth)] {
        [("services", services.health)] + (slices.map { [("endpointslices", $0.health)] } ?? [])
    }

    // MARK: Running

    /// Follows the watches until the task is cancelled. Pods and nodes are watched by others.
    func run(pods: Informer<Pod>, nodes: Informer<Node>) async {
        let podNews = pods.subscribe()
        let nodeNews = nodes.subscribe()
        let serviceNews = services.subscribe()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.services.run() }
            group.addTask { await self.follow(podNews, .pods) { $0.take($1, isGone: $2, at: $3) } }
            group.addTask { await self.follow(nodeNews, .nodes) { $0.take($1, isGone: $2, at: $3) } }
            group.addTask {
                await self.follow(serviceNews, .services, isCounted: true) { $0.take($1, isGone: $2, at: $3) }
            }
            group.addTask { await self.followSlices() }
            group.addTask { await self.tell() }
            group.addTask {
                guard (try? await pods.waitUntilSynced()) != nil else { return }
                await self.waitForOthers(nodes)
            }
            group.addTask { await self.look() }
            await group.waitForAll()
        }
    }

    private func follow<Object>(
        _ subscription: InformerSubscription<Object>, _ source: Source, isCounted: Bool = false,
        beginning: () -> Void = {},
        _ take: (inout AddressOwners, Object, _ isGone: Bool, _ now: Int64) -> Void
    ) async {
        var hasBegun = false
        for await batch in subscription {
            if isCounted { environment.tally.count(batch.events, of: source.rawValue) }
            let now = Self.now
            state.withLock { state in
                for event in batch.events {
                    switch event.change {
                    case .added(let object), .modified(let object, from: _): take(&state.owners, object, false, now)
                    case .deleted(let object): take(&state.owners, object, true, now)
                    }
                }
            }
            if batch.isSynced, !hasBegun {
                hasBegun = true
                beginning()
                state.withLock { _ = $0.complete.insert(source) }
            }
            news.continuation.yield()
        }
    }

    private static var now: Int64 { Timestamp.now().microseconds / 1_000 }

    /// Hands over what has changed, at once, and then what came meanwhile.
    private func tell() async {
        for await _ in news.stream {
            let (isComplete, batch) = state.withLock { state in
                let isComplete = state.isOverdue || Set(Source.allCases).isSubset(of: state.complete)
                return (isComplete && state.complete.contains(.pods), state.owners.takeNews())
            }
            if !batch.isEmpty { environment.fleet.update(names: batch) }
            if isComplete, !environment.fleet.nameStatus.isComplete {
                environment.fleet.completeNames(at: Self.now)
                environment.changed()
            }
            let interval = Self.intervalPerWorker * environment.fleet.connectedWorkers
            try? await Task.sleep(for: max(Self.leastInterval, interval))
        }
    }

    /// Waits for the rest, but not for what is refused.
    private func waitForOthers(_ nodes: Informer<Node>) async {
        let end = ContinuousClock.now + Self.patience
        while !Task.isCancelled, .now < end {
            let complete = state.withLock { $0.complete }
            let isOpen = Source.allCases.contains { source in
                guard !complete.contains(source) else { return false }
                return switch source {
                case .pods: true
                case .nodes: nodes.health.lastError == nil
                case .services: services.health.lastError == nil
                case .slices: slices?.health.lastError == nil
                }
            }
            guard isOpen else { break }
            try? await Task.sleep(for: .milliseconds(20))
        }
        state.withLock { $0.isOverdue = true }
        news.continuation.yield()
    }

    // MARK: Endpoint slices

    private func followSlices() async {
        while !Task.isCancelled {
            guard let resource = await sliceResource() else {
                let isNews = state.withLock { state in
                    defer { state.lacksSlices = true }
                    state.complete.insert(.slices)
                    return !state.lacksSlices
                }
                if isNews { environment.changed() }
                news.continuation.yield()
                try? await Task.sleep(for: Self.lookInterval * 12)
                continue
            }
            state.withLock { $0.lacksSlices = false }
            environment.log.debug("Endpoint slices", [("version", resource.version)])
            await follow(resource)
        }
    }

    /// Follows the endpoint slices of a version until the server has them under another one.
    private func follow(_ resource: APIResource) async {
        let informer = Informer<EndpointSlice>(
            client: environment.client, resource: resource, selection: Selection(namespace: environment.namespace),
            settings: environment.settings)
        let subscription = informer.subscribe()
        knownSlices.withLock { $0 = informer }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await informer.run() }
            group.addTask {
                await self.follow(subscription, .slices, isCounted: true) {
                    // What an informer of another version has left.
                    let keys = Set(informer.objects.map(\.identity.key))
                    self.state.withLock { $0.owners.keepSlices(keys, at: Self.now) }
                } _: {
                    $0.take($1, isGone: $2, at: $3)
                }
            }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: Self.lookInterval)
                    // A control plane of a later version may have begun to serve.
                    guard !Task.isCancelled, informer.health.lastError != nil else { continue }
                    if await self.sliceResource() != resource { return }
                }
            }
            // The informer runs until it is cancelled: it is the look that ends first.
            await group.next()
            group.cancelAll()
        }
    }

    /// Where the server has endpoint slices; nil: nowhere.
    private func sliceResource() async -> APIResource? {
        while !Task.isCancelled {
            do {
                let response = try await environment.client.send(target: "/apis/\(APIResource.endpointSlices.group)")
                let body = try await response.body.collect(limit: 1 << 20)
                if response.status == 404 { return nil }
                // Who may not ask finds out by trying.
                guard response.status == 200, let group = try? JSONValue(parsing: body) else { return .endpointSlices }
                let versions = (group["versions"]?.array ?? []).compactMap { $0["version"]?.string }
                return [.endpointSlices, .endpointSlicesBeta].first { versions.contains($0.version) }
            } catch {
                try? await Task.sleep(for: .seconds(1))
            }
        }
        return nil
    }

    // MARK: What is wrong

    private func lastError(_ source: Source) -> String? {
        switch source {
        // Readiness has them.
        case .pods, .nodes: nil
        case .services: services.health.lastError
        case .slices: slices?.health.lastError
        }
    }

    /// Looks from time to time at what cannot be read, so that a connection that was lost for a moment is no problem.
    private func look() async {
        var failedBefore: Set<Source> = []
        var reported: [String] = []
        while !Task.isCancelled {
            let failed = Set(Source.allCases.filter { lastError($0) != nil })
            state.withLock { $0.failing = failed.intersection(failedBefore) }
            failedBefore = failed
            let problems = problems
            if problems != reported { environment.changed() }
            reported = problems
            try? await Task.sleep(for: Self.lookInterval)
        }
    }

    /// What somebody should look at.
    var problems: [String] {
        let (failing, complete, lacksSlices) = state.withLock { ($0.failing, $0.complete, $0.lacksSlices) }
        var problems: [String] = []
        for source in Source.allCases {
            guard failing.contains(source) || !complete.contains(source), let error = lastError(source) else {
                continue
            }
            problems.append("workers get no names from \(source.words): \(error)")
        }
        if lacksSlices { problems.append("workers do not know pods' services: this API server has no endpoint slices") }
        let leftOut = environment.fleet.nameStatus.leftOut
        if leftOut > 0 {
            problems.append(
                "\(leftOut) addresses have no name on workers, which are told of \(environment.fleet.settings.nameLimit)"
            )
        }
        return problems
    }
}
