import FaultProxy
import Glibc

/// A listening socket on 127.0.0.1: the upstream of a proxy, in the hands of the test.
final class RawListener: Sendable {
    let port: Int
    private let socket: RawSocket

    init() throws {
        socket = RawSocket(descriptor: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = socket.descriptor
        let result = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
            guard bind(descriptor, address, length) == 0, listen(descriptor, 64) == 0, let address else { return -1 }
            return getsockname(descriptor, address, &length)
        }
        guard result == 0 else { throw RawSocket.Failure(call: "bind", errorNumber: errno) }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    func accept() async throws -> RawSocket {
        try await RawSocket.blocking { [socket] in
            let descriptor = Glibc.accept(socket.descriptor, nil, nil)
            guard descriptor >= 0 else { throw RawSocket.Failure(call: "accept", errorNumber: errno) }
            return RawSocket(descriptor: descriptor)
        }
    }

    static func loopback(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        address.sin_port = UInt16(port).bigEndian
        return address
    }
}

/// A proxy with its upstream.
struct Bench {
    let proxy: FaultProxy
    let upstream: RawListener

    /// Both ends of a new connection through the proxy.
    func connection(receiveBuffer: Int32? = nil) async throws -> (client: RawSocket, server: RawSocket) {
        let client = try await RawSocket.connect(port: proxy.port, receiveBuffer: receiveBuffer)
        return (client, try await upstream.accept())
    }

    /// Runs a test with a proxy in front of a listener.
    static func run(
        speaking wireProtocol: FaultProxy.WireProtocol = .opaque, _ body: (Bench) async throws -> Void
    ) async throws {
        let upstream = try RawListener()
        try await FaultProxy.withProxy(upstreamPort: upstream.port, speaking: wireProtocol) { proxy in
            try await body(Bench(proxy: proxy, upstream: upstream))
        }
    }
}
