import Glibc
import Testing
import Threading

/// A blocking TCP socket on 127.0.0.1; each call runs on a thread of its own, so that none blocks a test's task.
final class RawSocket: Sendable {
    /// How a stream of bytes ended.
    enum End: Equatable {
        case fin, reset
    }

    /// What arrived until the end, and the end.
    struct Rest: Equatable, CustomTestStringConvertible {
        var bytes: [UInt8]
        var end: End

        var testDescription: String {
            "\(bytes.count) bytes, then \(end): \(String(decoding: bytes.prefix(100), as: UTF8.self).debugDescription)"
        }
    }

    struct Failure: Error, Equatable {
        let call: String
        let errorNumber: Int32
    }

    /// A read or write that takes longer than this fails its test.
    private static let patienceInSeconds = 60

    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
        var limit = timeval(tv_sec: Self.patienceInSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Connects to a port; a small receive buffer lets the sender feel early that nobody reads.
    static func connect(port: Int, receiveBuffer: Int32? = nil) async throws -> RawSocket {
        try await blocking {
            let socket = RawSocket(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
            if var size = receiveBuffer {
                setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            }
            var address = RawListener.loopback(port: port)
            let result = withUnsafeBytes(of: &address) { bytes in
                Glibc.connect(
                    socket.descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                    socklen_t(bytes.count))
            }
            guard result == 0 else { throw Failure(call: "connect", errorNumber: errno) }
            return socket
        }
    }

    func send(_ bytes: [UInt8]) async throws {
        try await Self.blocking { [self] in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Failure(call: "send", errorNumber: errno) }
                rest = rest.dropFirst(count)
            }
        }
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// Reads so many bytes, or fewer if the stream ends before.
    func receive(_ count: Int) async throws -> [UInt8] {
        try await Self.blocking { [self] in
            var bytes: [UInt8] = []
            while bytes.count < count {
                let piece = try read(atMost: count - bytes.count)
                if piece.isEmpty { break }
                bytes += piece
            }
            return bytes
        }
    }

    /// Reads as much text as `text` has, to be compared with it.
    func receiveText(like text: String) async throws -> String {
        String(decoding: try await receive(text.utf8.count), as: UTF8.self)
    }

    /// Reads until the peer has finished or reset the connection.
    func receiveRest() async throws -> Rest {
        try await Self.blocking { [self] in
            var rest = Rest(bytes: [], end: .fin)
            do {
                while case let piece = try read(atMost: .max), !piece.isEmpty { rest.bytes += piece }
            } catch let failure as Failure where failure.errorNumber == ECONNRESET {
                rest.end = .reset
            }
            return rest
        }
    }

    /// Checks what arrives until the end, and the end.
    func expectRest(_ expected: Rest, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let rest = try await receiveRest()
        #expect(rest == expected, sourceLocation: sourceLocation)
    }

    /// Whether nothing at all comes for a while: no byte, no FIN, no RST.
    func isSilent(for duration: Duration) async throws -> Bool {
        try await Self.blocking { [self] in
            var request = pollfd(fd: descriptor, events: Int16(POLLIN | POLLPRI), revents: 0)
            return poll(&request, 1, Int32(duration / .milliseconds(1))) == 0
        }
    }

    /// Sends FIN.
    func finish() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Lets the socket's end be RST, once nobody holds it.
    func endWithReset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    /// Runs what may block on a thread of its own.
    static func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try NamedThread.start("raw-socket") { continuation.resume(with: Swift.Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private func read(atMost count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: min(count, 1 << 16))
        let received = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard received >= 0 else { throw Failure(call: "recv", errorNumber: errno) }
        return Array(bytes.prefix(received))
    }
}
