internal import NIOCore
internal import NIOPosix

/// The state of a ``FaultProxy``: its listener, its connections, and what is to happen to them.
///
/// Belongs to the proxy's event loop; the channels of all connections are on that loop too.
final class ProxyCore {
    /// A test that waits for a condition.
    private struct Waiter {
        let isMet: @Sendable (ProxyCounters) -> Bool
        let promise: EventLoopPromise<Void>
    }

    /// The connections the kernel completes before the proxy accepts them: a storm of clients must not be held up here.
    private static let backlog: ChannelOptions.Types.BacklogOption.Value = 1024

    /// On loopback a connection is there at once or refused at once; only a machine that hardly runs is slower.
    private static let connectLimit: TimeAmount = .seconds(60)

    let speaksHTTP: Bool
    private(set) var newConnectionFaults = (toClient: LaneFaults(), toServer: LaneFaults())
    private(set) var counters = ProxyCounters()
    private(set) var requests = RecentRequests()
    private let loop: any EventLoop
    private let upstream: (host: String, port: Int)
    private let reservation: PortReservation
    private var listener: (any Channel)?
    private var connections: [Int: ProxyConnection] = [:]
    private var rules: [HTTPRule] = []
    private var waiters: [Int: Waiter] = [:]
    private var lastID = 0

    init(upstream: (host: String, port: Int), speaksHTTP: Bool, loop: any EventLoop) throws(FaultProxyError) {
        self.upstream = upstream
        self.speaksHTTP = speaksHTTP
        self.loop = loop
        reservation = try PortReservation()
    }

    var port: Int { reservation.port }

    // MARK: Listening

    func listen() -> EventLoopFuture<Void> {
        guard listener == nil else { return loop.makeSucceededVoidFuture() }
        let core = NIOLoopBound(self, eventLoop: loop)
        return ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                client.eventLoop.makeCompletedFuture { try core.value.adopt(client) }
            }
            .bind(host: "127.0.0.1", port: port)
            .assumeIsolated()
            .map { self.listener = $0 }
            .nonisolated()
    }

    func stopListening() -> EventLoopFuture<Void> {
        guard let listener else { return loop.makeSucceededVoidFuture() }
        self.listener = nil
        return listener.close()
    }

    func shutdown() -> EventLoopFuture<Void> {
        for connection in connections.values { connection.abort() }
        let closed = wait(atMost: FaultProxy.usualPatience) { $0.open == 0 }.end
        return stopListening().flatMap { closed }
    }

    /// Opens the upstream's half of a connection.
    func connectUpstream(for connection: ProxyConnection) -> EventLoopFuture<any Channel> {
        let connection = NIOLoopBound(connection, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .connectTimeout(Self.connectLimit)
            .channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tap = ChannelTap(.server, of: connection.value)
                    try channel.pipeline.syncOperations.addHandler(tap)
                }
            }
            .connect(host: upstream.host, port: upstream.port)
    }

    private func adopt(_ client: any Channel) throws {
        let connection = ProxyConnection(id: nextID(), client: client, core: self)
        try client.pipeline.syncOperations.addHandler(ChannelTap(.client, of: connection))
    }

    private func nextID() -> Int {
        lastID += 1
        return lastID
    }

    // MARK: Faults and rules

    func change(_ direction: Direction, _ scope: Scope, _ change: (inout LaneFaults) -> Void) {
        if scope != .new {
            for connection in connections.values { connection.change(direction, change) }
        }
        if scope != .existing {
            if direction != .toServer { change(&newConnectionFaults.toClient) }
            if direction != .toClient { change(&newConnectionFaults.toServer) }
        }
    }

    /// Forgets every fault of new connections, also those that an open connection cannot be healed of.
    func healNewConnections() {
        newConnectionFaults = (LaneFaults(), LaneFaults())
    }

    func add(_ rule: HTTPRule) {
        precondition(speaksHTTP, "rules for requests need a proxy that was started with `speaking: .http`")
        rules.append(rule)
    }

    func removeRules() {
        rules.removeAll()
    }

    /// What the rules say about a request: the first that matches and is not used up counts.
    func plan(for request: ProxiedRequest) -> HTTPExchangeFilter.Plan {
        for index in rules.indices {
            if let plan = rules[index].use(for: request) { return plan }
        }
        return .pass
    }

    // MARK: What the connections say

    func opened(_ connection: ProxyConnection) {
        connections[connection.id] = connection
        count {
            $0.connections += 1
            $0.open += 1
        }
    }

    func closed(_ connection: ProxyConnection) {
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        count { $0.open -= 1 }
    }

    func seen(_ newRequests: [ProxiedRequest], answered: Int) {
        guard !newRequests.isEmpty || answered > 0 else { return }
        for request in newRequests { requests.append(request) }
        count {
            $0.requests += newRequests.count
            $0.answered += answered
        }
    }

    // MARK: Counting and waiting

    func count(_ change: (inout ProxyCounters) -> Void) {
        change(&counters)
        for (id, waiter) in waiters where waiter.isMet(counters) {
            waiters[id] = nil
            waiter.promise.succeed()
        }
    }

    /// A wait that succeeds when the counters meet a condition, which is looked at after each change, so that nothing
    /// is missed. The identity serves to call it off.
    func wait(
        atMost limit: Duration, until isMet: @escaping @Sendable (ProxyCounters) -> Bool
    ) -> (id: Int, end: EventLoopFuture<Void>) {
        let id = nextID()
        if isMet(counters) { return (id, loop.makeSucceededVoidFuture()) }
        let promise = loop.makePromise(of: Void.self)
        waiters[id] = Waiter(isMet: isMet, promise: promise)
        let timeout = loop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) {
            self.waiters.removeValue(forKey: id)?.promise.fail(
                FaultProxyError.conditionNotMet(after: limit, counters: self.counters))
        }
        promise.futureResult.assumeIsolated().whenComplete { _ in timeout.cancel() }
        return (id, promise.futureResult)
    }

    func stopWaiting(id: Int) {
        waiters.removeValue(forKey: id)?.promise.fail(CancellationError())
    }
}
