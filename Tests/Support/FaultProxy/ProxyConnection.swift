internal import NIOCore
internal import NIOPosix

/// One client's connection through a ``FaultProxy``: two channels and the lanes between them.
///
/// Belongs to the proxy's event loop.
///
/// ```
///            ┌──────── toServer lane ───────▶┐
///   client ──┤                               ├── server
///            └◀─────── toClient lane ────────┘
///
///   forwarding ── an ending that is forced, or a reset ──▶ ending ── both sides closed ──▶ gone
///        └───────────── both sides closed ──────────────────────────────────────────────────┘
/// ```
final class ProxyConnection {
    enum Side { case client, server }

    private enum State { case forwarding, ending, gone }

    let id: Int
    private let core: ProxyCore
    private let client: any Channel
    private var server: (any Channel)?
    private let toClient: ProxyLane
    private let toServer: ProxyLane
    private var exchanges: HTTPExchangeFilter?
    private var state: State = .forwarding
    /// The sides whose channel has met an error, which on an open connection is a reset by the peer.
    private var failedSides: Set<Side> = []
    /// The sides that were sent a FIN.
    private var finishedToward: Set<Side> = []

    init(id: Int, client: any Channel, core: ProxyCore) {
        self.id = id
        self.core = core
        self.client = client
        toClient = ProxyLane(.toClient, faults: core.newConnectionFaults.toClient, loop: client.eventLoop)
        toServer = ProxyLane(.toServer, faults: core.newConnectionFaults.toServer, loop: client.eventLoop)
        if core.speaksHTTP { exchanges = HTTPExchangeFilter(connection: id) }
        toClient.connection = self
        toServer.connection = self
    }

    func change(_ direction: Direction, _ change: (inout LaneFaults) -> Void) {
        if direction != .toServer { toClient.change(change) }
        if direction != .toClient { toServer.change(change) }
        readOn(from: .client)
        readOn(from: .server)
    }

    /// Ends both sides at once, whatever waits.
    func abort() {
        state = .ending
        toClient.abandon()
        toServer.abandon()
        client.reset()
        server?.reset()
    }

    private func channel(_ side: Side) -> (any Channel)? { side == .client ? client : server }

    private func lane(from side: Side) -> ProxyLane { side == .client ? toServer : toClient }

    private func lane(to side: Side) -> ProxyLane { side == .client ? toClient : toServer }
}

// MARK: - What the channels say

extension ProxyConnection {
    func opened(_ side: Side) {
        guard side == .client else { return }
        core.opened(self)
        toClient.sink = client
        if toClient.swallows && toServer.swallows { state = .ending }
        readOn(from: .client)
        if state == .ending { return }
        core.connectUpstream(for: self).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let channel): self.connected(channel)
            case .failure: self.upstreamFailed()
            }
        }
    }

    func received(_ bytes: ByteBuffer, from side: Side) {
        guard state == .forwarding, !lane(from: side).swallows else { return }
        filtered { exchanges throws(HTTPFramingError) in
            switch side {
            case .client: try exchanges.receiveFromClient(bytes, plan: core.plan)
            case .server: try exchanges.receiveFromServer(bytes)
            }
        } else: {
            lane(from: side).receive(bytes)
        }
    }

    /// Reads more from a side, unless too much of its bytes waits already. What is left unread fills the kernel's
    /// buffers, and so stops the sender.
    func readOn(from side: Side) {
        guard state == .ending || lane(from: side).hasRoom else { return }
        channel(side)?.read()
    }

    /// The side has sent its FIN.
    func finished(_ side: Side) {
        guard state == .forwarding else {
            channel(side)?.close(promise: nil)
            return
        }
        if side == .server {
            filtered { exchanges in
                exchanges.finishFromServer()
            } else: {
            }
        }
        lane(from: side).receiveEnd(.endOfStream)
    }

    func failed(_ side: Side) {
        failedSides.insert(side)
    }

    /// The side's channel is gone. A FIN that comes after ours closes the channel without ``finished(_:)``; anything
    /// else is the peer's RST, or our own doing, after which the lanes ignore the call.
    func closed(_ side: Side) {
        let isOrderly = finishedToward.contains(side) && !failedSides.contains(side)
        lane(from: side).receiveEnd(isOrderly ? .endOfStream : .reset)
        lane(to: side).abandon()
        guard !client.isActive, server?.isActive != true, state != .gone else { return }
        state = .gone
        core.closed(self)
    }

    private func connected(_ channel: any Channel) {
        guard state == .forwarding, client.isActive else { return channel.reset() }
        server = channel
        toServer.sink = channel
        readOn(from: .server)
    }

    private func upstreamFailed() {
        core.count { $0.upstreamFailures += 1 }
        abort()
    }

    /// Sends bytes through the HTTP filter, if there is one, and on to the lanes.
    private func filtered(
        _ body: (inout HTTPExchangeFilter) throws(HTTPFramingError) -> HTTPExchangeFilter.Output,
        else pass: () -> Void
    ) {
        guard var filter = exchanges else { return pass() }
        exchanges = nil  // so that the filter's buffers have one owner and are not copied
        do {
            let output = try body(&filter)
            exchanges = filter
            core.seen(output.requests, answered: output.answered)
            toServer.receive(output.toServer)
            toClient.receive(output.toClient)
        } catch {
            core.count {
                $0.protocolErrors += 1
                $0.lastProtocolError = error.description
            }
            abort()
        }
    }
}

// MARK: - What the lanes say

extension ProxyConnection {
    func forwarded(_ bytes: Int, by lane: ProxyLane) {
        core.count {
            if lane.direction == .toClient { $0.bytesToClient += bytes } else { $0.bytesToServer += bytes }
        }
        readOn(from: lane.direction == .toClient ? .server : .client)
    }

    func end(of lane: ProxyLane, with ending: TrafficShaper.Ending) {
        switch ending {
        case .endOfStream:
            finishedToward.insert(lane.direction == .toClient ? .client : .server)
            lane.sink?.close(mode: .output, promise: nil)
        case .close:
            beginEnding()
            client.close(mode: .output, promise: nil)
            server?.close(mode: .output, promise: nil)
        case .reset:
            beginEnding()
            client.resetOnceDelivered()
            server?.resetOnceDelivered()
        }
    }

    /// From here on whatever comes is read and thrown away: unread bytes would turn a FIN into RST.
    private func beginEnding() {
        state = .ending
        toClient.abandon()
        toServer.abandon()
        readOn(from: .client)
        readOn(from: .server)
    }
}
