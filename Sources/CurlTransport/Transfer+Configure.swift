internal import CCurl
internal import Glibc

extension Transfer {
    /// Loop: tells libcurl what the request wants. Throws if libcurl will not have it.
    func configure() throws {
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_ERRORBUFFER, progress.errorText)
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // A name that is still being resolved when its transfer ends would otherwise hold up the whole loop.
        try set(CURLOPT_QUICK_EXIT, 1)
        try configureTarget()
        try configureMethod()
        try configureHeaders()
        try configureEncoding()
        try configureConnection()
        try configureSockets()
        try configureTLS()
        try configureProxy()
        try configureCallbacks()
    }

    private func configureTarget() throws {
        // Dots stay where they are: "namespaces/../pods" must not become another path than the one asked for.
        try set(CURLOPT_PATH_AS_IS, 1)
        guard let name = request.tls.serverName else { return try set(CURLOPT_URL, request.url) }
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
            throw invalid("the TLS server name \(name.debugDescription) is no host name")
        }
        let (url, route) = target.renamed(name)
        try set(CURLOPT_URL, url)
        try setList(CURLOPT_CONNECT_TO, [route])
    }

    private func configureMethod() throws {
        guard !request.method.isEmpty, request.method.utf8.allSatisfy(Self.isTokenByte) else {
            throw invalid("the method \(request.method.debugDescription) is none")
        }
        if request.method == "HEAD" {
            guard request.body == nil, request.file == nil else { throw invalid("HEAD has no body") }
            return try set(CURLOPT_NOBODY, 1)
        }
        if let file = request.file {
            try setUpload(file)
            return try set(CURLOPT_CUSTOMREQUEST, request.method)
        }
        // An empty body is sent as such, with its length, where a server expects one.
        if let body = request.body ?? (["POST", "PUT", "PATCH"].contains(request.method) ? [] : nil) {
            try setBody(body)
        }
        try set(CURLOPT_CUSTOMREQUEST, request.method)
    }

    private func setUpload(_ file: FileSlice) throws {
        guard request.body == nil else { throw invalid("it has two bodies") }
        try set(CURLOPT_UPLOAD, 1)
        try check(remora_curl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(file.count)))
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10)
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(
            remora_curl_set_data_callback(
                easy, CURLOPT_READFUNCTION, CURLOPT_READDATA,
                { bytes, size, count, context in
                    guard let context else { return Int(CURL_READFUNC_ABORT) }
                    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                        .send(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
                }, context))
        try check(
            remora_curl_set_seek_callback(
                easy,
                { context, offset, origin in
                    guard let context, origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
                    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().progress.sentByteCount = Int(offset)
                    return CURL_SEEKFUNC_OK
                }, context))
    }

    private func setBody(_ body: [UInt8]) throws {
        try check(remora_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        try body.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, !bytes.isEmpty else { return try set(CURLOPT_COPYPOSTFIELDS, "") }
            // Copied by libcurl, which does not write to it.
            try check(remora_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: start)))
        }
    }

    private func configureHeaders() throws {
        let headers = request.headers
        guard headers.allSatisfy({ !$0.name.isEmpty && $0.name.utf8.allSatisfy(Self.isTokenByte) }) else {
            throw invalid("a header's name is empty or has characters that are not allowed")
        }
        guard headers.allSatisfy({ $0.value.utf8.allSatisfy { $0 != 0x0a && $0 != 0x0d && $0 != 0 } }) else {
            throw invalid("a header's value holds a line break or a NUL")
        }
        // In libcurl's language "Name;" is a header without a value, and "Name:" takes one of its own away.
        var lines = headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        let names = Set(headers.map { $0.name.lowercased() })
        // Never libcurl's own: API servers pretty-print for it.
        if !names.contains("user-agent") { lines.append("User-Agent: \(CurlTransport.userAgent)") }
        if !names.contains("host"), request.tls.serverName != nil { lines.append("Host: \(target.authority)") }
        // libcurl takes every body for a web form.
        if !names.contains("content-type") { lines.append("Content-Type:") }
        // libcurl would wait a second for a "100 Continue" that API servers do not send.
        if !names.contains("expect") { lines.append("Expect:") }
        try setList(CURLOPT_HTTPHEADER, lines)
    }

    private func configureEncoding() throws {
        guard request.acceptsCompression else {
            // Whole TLS records and large reads: fewer calls for a busy stream.
            return try set(CURLOPT_BUFFERSIZE, 128 << 10)
        }
        // What libcurl has read it unpacks to its end, paused or not, and beyond 64 MiB it gives up. gzip can grow a
        // thousandfold, so this keeps it to 16 MiB; other encodings know no such bound.
        try set(CURLOPT_ACCEPT_ENCODING, "gzip")
        try set(CURLOPT_BUFFERSIZE, 16 << 10)
    }

    private func configureConnection() throws {
        // Without TLS nobody can negotiate HTTP/2, and requests must not wait for others to try.
        let isHTTP1 = request.versions == .http1 || target.scheme == "http"
        try set(CURLOPT_HTTP_VERSION, Int(isHTTP1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS))
        // Rather wait for the first connection to tell whether it takes many streams than open one for each request.
        try set(CURLOPT_PIPEWAIT, isHTTP1 || request.wantsNewConnection ? 0 : 1)
        if request.wantsNewConnection { try set(CURLOPT_FRESH_CONNECT, 1) }
        // 0 would stand for libcurl's default, five minutes.
        try set(CURLOPT_CONNECTTIMEOUT_MS, max(request.limits.connect.wholeMilliseconds, 1))
        // A connection that was idle for longer than this is not trusted to be still alive.
        try set(CURLOPT_MAXAGE_CONN, 30)
        // A host that vanished: probes after 10 s of silence, every 5 s, and three unanswered are the end, 25 s in all.
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, 10)
        try set(CURLOPT_TCP_KEEPINTVL, 5)
        try check(
            remora_curl_set_socket_callbacks(
                easy,
                { context, socket, purpose in
                    guard let context, purpose == CURLSOCKTYPE_IPCXN else { return CURL_SOCKOPT_OK }
                    Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().connections.opened(socket)
                    Transfer.setOptions(of: socket)
                    return CURL_SOCKOPT_OK
                },
                { context, socket in
                    if let context {
                        Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().connections.closed(socket)
                    }
                    return close(socket)
                },
                // Unretained: the loop lives until its thread has cleaned up, and with it all connections.
                Unmanaged.passUnretained(loop).toOpaque()))
    }

    /// Makes sockets of our own, so that no connection is begun to an address that is forbidden.
    private func configureSockets() throws {
        try check(
            remora_curl_set_socket_maker(
                easy,
                { context, _, address in
                    guard let context, let address else { return CURL_SOCKET_BAD }
                    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().makeSocket(for: address)
                }, Unmanaged.passUnretained(self).toOpaque()))
    }

    private static func setOptions(of socket: Int32) {
        // A child process that inherited the connection would keep it open.
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        var probes: Int32 = 3
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_KEEPCNT, &probes, socklen_t(MemoryLayout<Int32>.size))
        // The same patience for bytes of ours that are not acknowledged.
        var milliseconds: UInt32 = 25_000
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, socklen_t(MemoryLayout<UInt32>.size))
    }

    private func configureTLS() throws {
        switch request.tls.trust {
        case .system: break
        case .authorities(let pem):
            try setBlob(CURLOPT_CAINFO_BLOB, pem)
            // Or the system's authorities would be trusted as well.
            try check(remora_curl_set_string(easy, CURLOPT_CAPATH, nil))
        case .certificate(let pem):
            // OpenSSL takes a trusted certificate for the end of the chain wherever it stands (X509_V_FLAG_PARTIAL_CHAIN).
            try setBlob(CURLOPT_CAINFO_BLOB, pem)
            try check(remora_curl_set_string(easy, CURLOPT_CAPATH, nil))
            try set(CURLOPT_SSL_VERIFYHOST, 0)
        case .anything:
            try set(CURLOPT_SSL_VERIFYPEER, 0)
            try set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if request.wantsCertificates { try set(CURLOPT_CERTINFO, 1) }
        if let client = request.tls.clientCertificate {
            try set(CURLOPT_SSLCERTTYPE, "PEM")
            try setBlob(CURLOPT_SSLCERT_BLOB, client.certificate)
            try set(CURLOPT_SSLKEYTYPE, "PEM")
            try setBlob(CURLOPT_SSLKEY_BLOB, client.privateKey)
        }
    }

    private func configureProxy() throws {
        switch request.proxy {
        case .environment: break
        case .url(let url):
            try set(CURLOPT_PROXY, url)
            try set(CURLOPT_NOPROXY, "")
        case .none: try set(CURLOPT_PROXY, "")
        }
    }

    private func configureCallbacks() throws {
        // Unretained: the loop keeps the transfer in its table for as long as libcurl may call.
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(
            remora_curl_set_data_callback(
                easy, CURLOPT_WRITEFUNCTION, CURLOPT_WRITEDATA,
                { bytes, size, count, context in
                    guard let context else { return 0 }
                    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                        .received(UnsafeRawBufferPointer(start: bytes, count: size * count))
                }, context))
        try check(
            remora_curl_set_data_callback(
                easy, CURLOPT_HEADERFUNCTION, CURLOPT_HEADERDATA,
                { bytes, size, count, context in
                    guard let context else { return 0 }
                    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                        .receivedHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
                }, context))
    }

    // MARK: What may be said

    private func invalid(_ detail: String) -> TransportError {
        TransportError(kind: .invalidRequest, peer: peer, detail: detail)
    }

    /// RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        isNameByte(byte) || "!#$%&'*+^`|~".utf8.contains(byte)
    }

    /// What host names are made of, and the underscore of some inside clusters.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    // MARK: Setters

    private func check(_ code: CURLcode) throws {
        guard code == CURLE_OK else { throw TransportError(code: code, detail: "", peer: peer) }
    }

    private func set(_ option: CURLoption, _ value: Int) throws { try check(remora_curl_set_long(easy, option, value)) }

    private func set(_ option: CURLoption, _ value: String) throws {
        try check(remora_curl_set_string(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: UnsafeMutablePointer<CChar>) throws {
        try check(remora_curl_set_pointer(easy, option, value))
    }

    private func setBlob(_ option: CURLoption, _ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try check(remora_curl_set_blob(easy, option, $0.baseAddress, $0.count)) }
    }

    private func setList(_ option: CURLoption, _ lines: [String]) throws {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw TransportError(kind: .other, peer: peer, detail: "out of memory")
            }
            list = longer
        }
        guard let list else { return }
        progress.lists.append(list)
        try check(remora_curl_set_pointer(easy, option, list))
    }
}
