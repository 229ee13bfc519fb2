internal import CCurl
internal import Glibc

/// What libcurl asks of a transfer while it connects and sends.
extension Transfer {
    /// Loop: the next bytes of the file. Returns what libcurl's read callback has to.
    func send(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        progress.lastByte = loop.now
        guard let file = request.file else { return 0 }
        let count = file.read(at: progress.sentByteCount, into: buffer)
        if let count, count > 0 || progress.sentByteCount == file.count {
            progress.sentByteCount += count
            return count
        }
        let why = count == nil ? String(cString: strerror(errno)) : "it has become shorter"
        let detail = "the file to be sent cannot be read: \(why)"
        progress.refusal = TransportError(kind: .invalidRequest, peer: peer, detail: detail)
        return Int(CURL_READFUNC_ABORT)
    }

    /// Loop: a socket for a connection, if the transport may make it.
    func makeSocket(for address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        guard loop.addresses.refuses(address) else {
            let (family, type, number) = (address.pointee.family, address.pointee.socktype, address.pointee.protocol)
            // A child process that inherited the connection would keep it open.
            return socket(family, type | Int32(SOCK_CLOEXEC.rawValue), number)
        }
        progress.forbiddenAddress = Self.text(of: address) ?? "its address"
        return CURL_SOCKET_BAD
    }

    private static func text(of address: UnsafeMutablePointer<curl_sockaddr>) -> String? {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
        let start = (UnsafeMutableRawPointer(address) + offset).assumingMemoryBound(to: sockaddr.self)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let code = getnameinfo(start, address.pointee.addrlen, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST)
        guard code == 0 else { return nil }
        return String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Loop: the server's certificates as PEM, its own first; empty if this transfer made no connection.
    var certificates: [String] {
        guard let chain = remora_curl_get_certificates(easy) else { return [] }
        let prefix = "Cert:"
        return (0..<Int(chain.pointee.num_of_certs)).compactMap { index in
            var entry = chain.pointee.certinfo?[index]
            while let line = entry {
                if let data = line.pointee.data {
                    let text = String(cString: data)
                    if text.hasPrefix(prefix) { return String(text.dropFirst(prefix.count)) }
                }
                entry = line.pointee.next
            }
            return nil
        }
    }
}
