internal import Glibc
internal import NIOCore
internal import NIOPosix

/// A TCP proxy on 127.0.0.1 for tests, with switches for what can go wrong on a network.
///
/// ```swift
/// try await FaultProxy.withProxy(upstreamPort: server.port) { proxy in
///     let client = try await connect(to: proxy.port)
///     try await proxy.waitUntil { $0.connections == 1 }
///     try await proxy.inject(.freeze, on: .existing)
/// }
/// ```
///
/// A switch has taken effect when its call returns. All of a proxy runs on one event loop; from any task its methods may
/// be called. Memory is bounded: about 1 MiB waits in each direction of a connection, then its sender is held up.
package final class FaultProxy: Sendable {
    /// What a proxy understands of the bytes it forwards.
    package enum WireProtocol: Sendable {
        /// Nothing: they pass as they are. The one for TLS.
        case opaque
        /// HTTP/1.1 in plain text: requests are counted, and can be answered or have their responses edited.
        case http
    }

    /// How long ``waitUntil(within:_:)`` waits unless told otherwise; for slow machines that build beside the tests.
    package static let usualPatience: Duration = .seconds(60)

    /// The port of 127.0.0.1 to connect to; the same for the proxy's whole life.
    package let port: Int

    private let loop: any EventLoop
    private let core: NIOLoopBound<ProxyCore>

    private init(core: ProxyCore, loop: any EventLoop) {
        port = core.port
        self.loop = loop
        self.core = NIOLoopBound(core, eventLoop: loop)
    }

    /// Opens a proxy in front of an address, which need not answer yet. End it with ``shutdown()``.
    package static func start(
        upstreamHost: String = "127.0.0.1", upstreamPort: Int, speaking wireProtocol: WireProtocol = .opaque
    ) async throws -> FaultProxy {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let proxy = try await loop.submit {
            let upstream = (host: upstreamHost, port: upstreamPort)
            let core = try ProxyCore(upstream: upstream, speaksHTTP: wireProtocol == .http, loop: loop)
            return FaultProxy(core: core, loop: loop)
        }.get()
        try await proxy.acceptConnections()
        return proxy
    }

    /// Runs `body` with a proxy that is gone afterwards, however `body` ends.
    package static func withProxy<Result>(
        upstreamHost: String = "127.0.0.1", upstreamPort: Int, speaking wireProtocol: WireProtocol = .opaque,
        _ body: (FaultProxy) async throws -> Result
    ) async throws -> Result {
        let proxy = try await start(upstreamHost: upstreamHost, upstreamPort: upstreamPort, speaking: wireProtocol)
        do {
            let result = try await body(proxy)
            try await proxy.shutdown()
            return result
        } catch {
            try? await proxy.shutdown()
            throw error
        }
    }

    /// Stops listening and resets every connection.
    package func shutdown() async throws {
        try await future { $0.shutdown() }
    }

    // MARK: Faults

    /// Lets something go wrong from now on; byte counts begin here, or where a new connection begins.
    ///
    /// A connection exists once the proxy has accepted it, which may be after its client's `connect` has returned: wait
    /// for ``ProxyCounters/connections`` before.
    ///
    /// - Parameters:
    ///   - direction: nil stands for the fault's usual one.
    package func inject(_ fault: Fault, _ direction: Direction? = nil, on scope: Scope = .all) async throws {
        try await run { core in core.change(direction ?? fault.usualDirection, scope) { $0.add(fault) } }
    }

    /// Takes all faults away and lets flow what they held up.
    package func heal(_ scope: Scope = .all) async throws {
        try await run { core in
            core.change(.both, scope) { $0.heal() }
            if scope != .existing { core.healNewConnections() }
        }
    }

    /// Lets new connections be refused; open ones are not touched.
    package func refuseConnections() async throws {
        try await future { $0.stopListening() }
    }

    /// Accepts connections (again), on the same port.
    package func acceptConnections() async throws {
        // A process that a test starts elsewhere holds, between its fork and its exec, every socket of this one: also
        // the listener that was closed meanwhile, and with it the port.
        let start = ContinuousClock.now
        while true {
            do {
                return try await future { $0.listen() }
            } catch let error as IOError {
                guard error.errnoCode == EADDRINUSE, start.duration(to: .now) < .seconds(2) else {
                    throw FaultProxyError.cannotListen(port: port, errorNumber: error.errnoCode)
                }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    // MARK: Counting

    /// What has been seen so far.
    package var counters: ProxyCounters {
        get async throws { try await run { $0.counters } }
    }

    /// Returns when the counters meet a condition. It is looked at after each change, so that nothing is missed, on the
    /// event loop: keep it short.
    ///
    /// - Throws: ``FaultProxyError/conditionNotMet(after:counters:)`` after `patience`, `CancellationError` at once.
    package func waitUntil(
        within patience: Duration = usualPatience, _ condition: @escaping @Sendable (ProxyCounters) -> Bool
    ) async throws {
        let wait = try await run { $0.wait(atMost: patience, until: condition) }
        try await withTaskCancellationHandler {
            try await wait.end.get()
        } onCancel: {
            loop.execute { self.core.value.stopWaiting(id: wait.id) }
        }
    }

    // MARK: Reaching the event loop

    func run<Result: Sendable>(_ body: @escaping @Sendable (ProxyCore) throws -> Result) async throws -> Result {
        try await loop.submit { try body(self.core.value) }.get()
    }

    private func future(_ body: @escaping @Sendable (ProxyCore) -> EventLoopFuture<Void>) async throws {
        try await loop.flatSubmit { body(self.core.value) }.get()
    }
}
