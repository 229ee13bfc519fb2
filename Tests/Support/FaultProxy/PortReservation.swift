internal import Glibc

/// Keeps a port of 127.0.0.1 for a listener that comes and goes.
///
/// A socket that is bound but does not listen refuses connections, and keeps others from being given the port while
/// the listener is closed. With SO_REUSEADDR on both, the listener may bind beside it.
package final class PortReservation: Sendable {
    package let port: Int
    private let socket: Int32

    /// Takes a port that is free.
    package init() throws(FaultProxyError) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw .cannotListen(port: 0, errorNumber: errno) }
        guard let port = Self.bindToAnyPort(socket) else {
            let errorNumber = errno
            close(socket)
            throw .cannotListen(port: 0, errorNumber: errorNumber)
        }
        self.socket = socket
        self.port = port
    }

    deinit {
        close(socket)
    }

    private static func bindToAnyPort(_ socket: Int32) -> Int? {
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
            if bind(socket, address, length) != 0 { return -1 }
            return getsockname(socket, address, &length)
        }
        return result == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }
}
