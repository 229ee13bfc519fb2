internal import CCurl
internal import Glibc

/// The sockets that libcurl has open, and which of them carries a transfer.
///
/// libcurl names the socket of a transfer only once that has ended (`CURLINFO_ACTIVESOCKET`, seen with 7.88). While it
/// runs, its addresses are known, and they belong to one socket.
struct ConnectionTable {
    /// Both ends of a TCP connection.
    struct Endpoints: Equatable {
        var localPort: Int
        var localAddress: String
        var remotePort: Int
        var remoteAddress: String
    }

    private struct Connection {
        let identity: ConnectionIdentity
        /// Nil until it was asked for while the socket was connected.
        var endpoints: Endpoints?
    }

    private var connections: [Int32: Connection] = [:]
    private var lastNumber = 0

    /// libcurl has made a socket, not connected yet.
    mutating func opened(_ socket: Int32) { connections[socket] = Connection(identity: newIdentity()) }

    /// libcurl is about to close a socket.
    mutating func closed(_ socket: Int32) { connections[socket] = nil }

    /// The open connection between two ends; nil if there is none (any more).
    mutating func connection(between endpoints: Endpoints) -> (socket: Int32, identity: ConnectionIdentity)? {
        for (socket, connection) in connections where connection.endpoints == nil {
            connections[socket]?.endpoints = Endpoints(of: socket)
        }
        return connections.first { $0.value.endpoints == endpoints }.map { ($0.key, $0.value.identity) }
    }

    /// The identity of one more connection.
    mutating func newIdentity() -> ConnectionIdentity {
        lastNumber += 1
        return ConnectionIdentity(number: lastNumber)
    }
}

extension ConnectionTable.Endpoints {
    /// Those of a connected socket.
    init?(of socket: Int32) {
        guard let (localAddress, localPort) = Self.name(of: socket, getsockname),
            let (remoteAddress, remotePort) = Self.name(of: socket, getpeername)
        else { return nil }
        self.init(
            localPort: localPort, localAddress: localAddress, remotePort: remotePort, remoteAddress: remoteAddress)
    }

    private typealias Query = (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32

    /// Address and port in numbers.
    private static func name(of socket: Int32, _ query: Query) -> (address: String, port: Int)? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let isNamed = withUnsafeMutableBytes(of: &storage) { bytes in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                query(socket, address, &length) == 0
            else { return false }
            return getnameinfo(
                address, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
                NI_NUMERICHOST | NI_NUMERICSERV) == 0
        }
        guard isNamed, let port = Int(Self.text(service)) else { return nil }
        // Without the zone of a link-local address (`fe80::1%eth0`), as libcurl gives it.
        return (String(Self.text(host).prefix { $0 != "%" }), port)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
