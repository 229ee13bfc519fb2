internal import HTTPServer
internal import Threading

/// The life of one watch, from its registration to the end of its connection.
final class WatchSession: Sendable {
    private let simulator: KubernetesSimulator
    private let request: WatchRequest
    private let feed: WatchFeed
    /// Nil if the watch asks for history that is forgotten.
    private let id: Int?
    /// What the client is told before any change.
    private let initial: [WatchFeed.Item]

    init(_ request: WatchRequest, _ faults: [WatchFault], _ simulator: KubernetesSimulator) {
        self.request = request
        self.simulator = simulator
        let feed = WatchFeed(capacity: simulator.configuration.watchQueueLimit)
        self.feed = feed
        (id, initial) = simulator.state.withLock { state in state.open(request, feed, faults) }
    }

    deinit {
        // Also for a client that is gone before the answer begins.
        if let id { simulator.state.withLock { $0.hub.remove(id) } }
    }

    /// Sends everything until the time-out, the client's end, or ours.
    func run(_ writer: HTTPBodyWriter) async throws {
        feed.onOverflow { writer.disconnect() }
        guard try await send(initial, writer) else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.keepTime() }
            defer { group.cancelAll() }
            while try await send(await feed.next(), writer) { try Task.checkCancellation() }
        }
    }

    /// False when the answer is complete.
    private func send(_ items: [WatchFeed.Item], _ writer: HTTPBodyWriter) async throws -> Bool {
        var buffer: [UInt8] = []
        for item in items {
            switch item {
            case .bytes(let bytes): buffer += bytes
            case .end:
                try await writer.write(buffer)
                return false
            case .cut:
                try await writer.write(buffer)
                writer.disconnect()
                throw HTTPServerError.peerGone
            }
            if buffer.count > Self.writeSize {
                try await writer.write(buffer)
                buffer.removeAll(keepingCapacity: true)
            }
        }
        try await writer.write(buffer)
        return true
    }

    /// Collects small lines up to this size: one system call for many events.
    private static let writeSize = 64 << 10

    // MARK: Time

    private func keepTime() async throws {
        let clock = ContinuousClock()
        let end = clock.now + request.timeout
        let lastBookmark = request.timeout >= Self.shortestWithLastBookmark ? end - Self.lastBookmarkLead : nil
        var next = clock.now + simulator.configuration.bookmarkInterval
        while next < lastBookmark ?? end {
            try await clock.sleep(until: next)
            sendBookmark()
            next += simulator.configuration.bookmarkInterval
        }
        if let lastBookmark {
            try await clock.sleep(until: lastBookmark)
            sendBookmark()
        }
        try await clock.sleep(until: end)
        feed.push(.end)
    }

    /// As in the real server: 2 s before the end, so that the next watch starts from there; not for the shortest ones.
    private static let lastBookmarkLead: Duration = .seconds(2)
    private static let shortestWithLastBookmark: Duration = .seconds(3)

    private func sendBookmark() {
        guard let id else { return }
        simulator.state.withLock { state in
            state.hub.sendBookmark(to: id, revision: state.registry.store.revision)
        }
    }
}

extension SimulatorState {
    /// Registers a watch and collects what it is told first, with nothing lost or doubled between the two.
    fileprivate mutating func open(
        _ request: WatchRequest, _ feed: WatchFeed, _ faults: [WatchFault]
    ) -> (id: Int?, initial: [WatchFeed.Item]) {
        let store = registry.store
        let collection = store.collection(request.resource)
        var encoder = WatchEncoder(now: registry.now())
        let line = { (event: WatchEvent) in
            WatchFeed.Item.bytes(encoder.line(event, request.resource, request.representation))
        }
        var initial: [WatchFeed.Item] = []
        var since = store.revision
        switch request.start {
        case .mostRecent:
            initial = collection.initialEvents(request.selection).map(line)
        case .streamingList(let bound):
            guard bound <= store.revision else {
                return (nil, Self.failure(.tooLarge(bound, current: store.revision)))
            }
            initial = collection.initialEvents(request.selection).map(line)
            initial.append(
                .bytes(
                    WatchEncoder.bookmark(
                        store.revision, request.resource, request.representation, endsInitialEvents: true)))
        case .after(let revision):
            guard let changes = collection.changes(after: revision) else {
                return (nil, Self.failure(.tooOld(revision, oldest: collection.horizon)))
            }
            initial = changes.compactMap(request.selection.event).map(line)
            since = max(revision, store.revision)
        }
        let id = hub.add(OpenWatch(request: request, feed: feed, since: since))
        for fault in faults { hub.apply(fault, to: id) }
        return (id, initial)
    }

    private static func failure(_ status: APIStatus) -> [WatchFeed.Item] {
        [.bytes(WatchEncoder.error(status)), .end]
    }
}

extension ObjectCollection {
    fileprivate func initialEvents(_ selection: Selection) -> [WatchEvent] {
        objects.filter(selection.matches).map {
            WatchEvent(kind: .added, object: $0, revision: $0.resourceVersion)
        }
    }
}
