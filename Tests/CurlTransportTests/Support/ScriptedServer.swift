import Glibc
import Threading

/// A TCP server that says exactly the bytes a test wants it to, each connection on a thread of its own.
final class ScriptedServer: Sendable {
    typealias Script = @Sendable (ScriptedPeer) throws -> Void

    struct Failure: Error {
        let call: String
        let errorNumber: Int32
    }

    let port: Int
    var url: String { "http://127.0.0.1:\(port)" }
    /// How many connections were accepted.
    var connectionCount: Int { accepted.withLock { $0 } }
    /// The heads of all requests that scripts have read, in order.
    var requests: [String] { heads.withLock { $0 } }

    private let listener: Int32
    private let accepted = Locked(0)
    private let heads = Locked<[String]>([])

    /// Listens; `script` is run for each connection, which is closed when it returns.
    init(_ script: @escaping Script) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        port = try Self.listen(listener)
        try NamedThread.start("scripted-server") { [listener, accepted, heads] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                accepted.withLock { $0 += 1 }
                let peer = ScriptedPeer(connection) { head in heads.withLock { $0.append(head) } }
                _ = try? NamedThread.start("scripted-peer") { try? script(peer) }
            }
            close(listener)
        }
    }

    /// Answers each request on a connection with the same bytes, as long as the client keeps it.
    convenience init(answering response: String) throws {
        try self.init { peer in
            while try !peer.readHead().isEmpty { try peer.write(response) }
        }
    }

    /// Answers one request with these bytes and closes.
    convenience init(answeringOnce response: String) throws {
        try self.init { peer in
            _ = try peer.readHead()
            try peer.write(response)
        }
    }

    deinit {
        // Ends the accepting thread, which closes the socket.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func listen(_ listener: Int32) throws -> Int {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutableBytes(of: &address) { bytes -> Int32 in
            guard let name = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
            if bind(listener, name, length) != 0 || Glibc.listen(listener, 512) != 0 { return -1 }
            return getsockname(listener, name, &length)
        }
        guard result == 0 else { throw Failure(call: "listen", errorNumber: errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// One connection of a ``ScriptedServer``; its calls block.
final class ScriptedPeer: Sendable {
    private let descriptor: Int32
    private let unread = Locked<[UInt8]>([])
    private let tookHead: @Sendable (String) -> Void

    init(_ descriptor: Int32, _ tookHead: @escaping @Sendable (String) -> Void) {
        self.descriptor = descriptor
        self.tookHead = tookHead
    }

    deinit { close(descriptor) }

    /// A request line and its headers; empty when the client has closed.
    func readHead() throws -> String {
        while true {
            let head = unread.withLock { unread -> String? in
                guard let end = unread.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else { return nil }
                defer { unread.removeFirst(end) }
                return String(decoding: unread[..<end], as: UTF8.self)
            }
            if let head {
                tookHead(head)
                return head
            }
            guard try readMore() else { return "" }
        }
    }

    /// So many bytes, or fewer if the client closes before.
    func read(_ count: Int) throws -> [UInt8] {
        while unread.withLock({ $0.count < count }), try readMore() {}
        return unread.withLock { unread in
            defer { unread.removeFirst(min(count, unread.count)) }
            return Array(unread.prefix(count))
        }
    }

    /// Returns when the client has closed or reset the connection.
    func waitForEnd() {
        while (try? readMore()) ?? false {}
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw ScriptedServer.Failure(call: "send", errorNumber: errno) }
            rest = rest.dropFirst(count)
        }
    }

    private func readMore() throws -> Bool {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw ScriptedServer.Failure(call: "recv", errorNumber: errno) }
        unread.withLock { [bytes] in $0 += bytes.prefix(count) }
        return count > 0
    }
}
