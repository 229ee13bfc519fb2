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
        // Whole TLS records and large reads: fewer calls for a busy stream.
        try set(CURLOPT_BUFFERSIZE, 128 << 10)
        if request.acceptsCompression { try set(CURLOPT_ACCEPT_ENCODING, "") }
        try configureTarget()
        try configureConnection()
        try configureTLS()
        try configureProxy()
        try configureCallbacks()
    }

    private func configureTarget() throws {
        var headers = request.headers
        if !headers.contains(where: { $0.name.lowercased() == "user-agent" }) {
            // Never libcurl's own: API servers pretty-print for it.
            headers.append(("User-Agent", CurlTransport.userAgent))
        }
        try set(CURLOPT_URL, request.url)
        if let name = request.tls.serverName, let (url, route) = Self.route(request.url, through: name) {
            try set(CURLOPT_URL, url)
            try setList(CURLOPT_CONNECT_TO, [route])
            if !headers.contains(where: { $0.name.lowercased() == "host" }) {
                headers.append(("Host", String(request.url.peer.split(separator: "/").last ?? "")))
            }
        }
        switch (request.method, request.body) {
        case ("GET", nil): break
        case ("HEAD", nil): try set(CURLOPT_NOBODY, 1)
        case (let method, let body):
            let body = body ?? []
            if !body.isEmpty || method == "POST" || method == "PUT" || method == "PATCH" {
                try check(remora_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
                try body.withUnsafeBytes { bytes in
                    // Copied by libcurl, which does not write to it.
                    let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
                    try check(
                        remora_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, start ?? UnsafeMutableRawPointer(easy)))
                }
                // Without it libcurl waits a second for a "100 Continue" that API servers do not send.
                headers.append(("Expect", ""))
            }
            try set(CURLOPT_CUSTOMREQUEST, method)
        }
        guard headers.allSatisfy({ isHeaderText($0.name) && isHeaderText($0.value) }) else {
            throw TransportError(kind: .invalidRequest, peer: peer, detail: "a header holds a line break")
        }
        try setList(CURLOPT_HTTPHEADER, headers.map { $0.value.isEmpty ? "\($0.name):" : "\($0.name): \($0.value)" })
    }

    private func isHeaderText(_ text: String) -> Bool { !text.utf8.contains { $0 == 0x0a || $0 == 0x0d || $0 == 0 } }

    private func configureConnection() throws {
        let isHTTP1 = request.versions == .http1
        try set(CURLOPT_HTTP_VERSION, Int(isHTTP1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS))
        // Rather wait for the first connection to tell whether it takes many streams than open one for each request.
        try set(CURLOPT_PIPEWAIT, isHTTP1 || request.wantsNewConnection ? 0 : 1)
        if request.wantsNewConnection { try set(CURLOPT_FRESH_CONNECT, 1) }
        try set(CURLOPT_CONNECTTIMEOUT_MS, request.limits.connect.wholeMilliseconds)
        // An idle HTTP/1.1 connection older than this is not trusted to be still alive.
        try set(CURLOPT_MAXAGE_CONN, 30)
        // A host that vanished: probes after 10 s of silence, every 5 s, and three unanswered are the end, 25 s in all.
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, 10)
        try set(CURLOPT_TCP_KEEPINTVL, 5)
        try check(
            remora_curl_set_socket_callback(easy) { _, socket, purpose in
                guard purpose == CURLSOCKTYPE_IPCXN else { return CURL_SOCKOPT_OK }
                var probes: Int32 = 3
                setsockopt(socket, Int32(IPPROTO_TCP), TCP_KEEPCNT, &probes, socklen_t(MemoryLayout<Int32>.size))
                // The same patience for bytes of ours that are not acknowledged.
                var milliseconds: UInt32 = 25_000
                setsockopt(
                    socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &milliseconds, socklen_t(MemoryLayout<UInt32>.size))
                return CURL_SOCKOPT_OK
            })
    }

    private func configureTLS() throws {
        switch request.tls.trust {
        case .system: break
        case .authorities(let pem):
            try setBlob(CURLOPT_CAINFO_BLOB, pem)
        case .anything:
            try set(CURLOPT_SSL_VERIFYPEER, 0)
            try set(CURLOPT_SSL_VERIFYHOST, 0)
        }
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
                    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                        .receivedHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
                    return size * count
                }, context))
    }

    /// How to reach a server whose certificate has another name than its address: the URL under that name, and the rule
    /// (CURLOPT_CONNECT_TO) by which libcurl goes to the address all the same.
    static func route(_ url: String, through serverName: String) -> (url: String, route: String)? {
        let peer = url.peer
        guard let scheme = peer.firstRange(of: "://"), url.hasPrefix(peer) else { return nil }
        let authority = peer[scheme.upperBound...]
        let closingBracket = authority.lastIndex(of: "]")
        let colon = authority.lastIndex(of: ":").flatMap { colon in
            closingBracket.map { $0 < colon } ?? true ? colon : nil
        }
        let host = colon.map { authority[..<$0] } ?? authority
        let port = colon.map { authority[authority.index(after: $0)...] } ?? (peer.hasPrefix("https") ? "443" : "80")
        return (
            "\(peer[..<scheme.upperBound])\(serverName):\(port)\(url.dropFirst(peer.count))",
            "\(serverName):\(port):\(host):\(port)"
        )
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

extension Duration {
    var wholeMilliseconds: Int {
        Int(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}
