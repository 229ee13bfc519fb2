internal import CCurl
internal import Glibc
internal import Threading

/// One exchange on its way: libcurl's easy handle, and what the event loop and the consumer share about it.
///
/// Methods marked "loop" run on the event loop's thread only; the rest may be called from anywhere.
final class Transfer: Sendable {
    let request: HTTPRequest
    let peer: String
    private let loop: EventLoop
    private let exchange = Locked(TransferExchange())
    /// Touched on the loop's thread only, from `start` until the loop has let go of the transfer; `deinit` comes after.
    nonisolated(unsafe) let easy: UnsafeMutableRawPointer
    /// Touched on the loop's thread only.
    nonisolated(unsafe) var progress: Progress

    /// What the loop knows of a transfer under way.
    struct Progress {
        var headers = HTTPHeaders()
        var head: ResponseHead?
        var started: ContinuousClock.Instant
        var lastByte: ContinuousClock.Instant
        /// Lists that libcurl refers to and does not copy.
        var lists: [UnsafeMutablePointer<curl_slist>] = []
        /// Where libcurl puts what it has to say about a failure.
        let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    }

    init(_ request: HTTPRequest, on loop: EventLoop) throws {
        guard let easy = curl_easy_init() else {
            throw TransportError(kind: .other, peer: request.url.peer, detail: "out of memory")
        }
        self.easy = easy
        self.request = request
        self.loop = loop
        peer = request.url.peer
        let now = ContinuousClock.now
        progress = Progress(started: now, lastByte: now)
        progress.errorText[0] = 0
    }

    deinit {
        curl_easy_cleanup(easy)
        for list in progress.lists { curl_slist_free_all(list) }
        progress.errorText.deallocate()
    }

    // MARK: The consumer's side

    func awaitHead() async throws -> ResponseHead {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                if let known = exchange.withLock({ $0.awaitHead(waiter) }) { waiter.resume(with: known) }
            }
        } onCancel: {
            cancel()
        }
    }

    func nextPiece() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                switch exchange.withLock({ $0.take(waiter) }) {
                case .bytes(let bytes, let mustResume):
                    if mustResume { loop.post(.resume(self)) }
                    waiter.resume(returning: bytes)
                case .end: waiter.resume(returning: nil)
                case .failure(let error): waiter.resume(throwing: error)
                case .waiting: break
                }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Ends the transfer: the consumer gets its error at once, the loop lets go as soon as it turns.
    func cancel() {
        if exchange.withLock({ $0.isFinished }) { return }
        finish(.failure(CancellationError()))
        loop.post(.remove(self))
    }

    func sever() { loop.post(.sever(self)) }

    // MARK: The loop's side

    /// Loop: whether it ended already, perhaps before it began.
    var isFinished: Bool { exchange.withLock { $0.isFinished } }

    /// Ends the exchange; waiting readers learn of it.
    func finish(_ result: Result<Void, any Error>) {
        let (headWaiter, bodyWaiter) = exchange.withLock { $0.finish(result) }
        switch result {
        case .success:
            // Without a head: libcurl reports success only for complete responses, so this cannot come from a server.
            headWaiter?.resume(
                throwing: TransportError(kind: .interrupted, peer: peer, detail: "the response has no head"))
            bodyWaiter?.resume(returning: nil)
        case .failure(let error):
            headWaiter?.resume(throwing: error)
            bodyWaiter?.resume(throwing: error)
        }
    }

    /// Loop: libcurl is done with the transfer.
    func completed(_ code: CURLcode) {
        guard code != CURLE_OK else { return finish(.success(())) }
        finish(.failure(TransportError(code: code, detail: String(cString: progress.errorText), peer: peer)))
    }

    /// Loop: one header line, or the empty line behind the last.
    func receivedHeader(_ bytes: UnsafeRawBufferPointer) {
        progress.lastByte = loop.now
        var line = Substring(decoding: bytes, as: UTF8.self)
        while let last = line.utf8.last, last == 0x0d || last == 0x0a || last == 0x20 { line.removeLast() }
        if line.isEmpty { return completeHead() }
        if progress.head != nil { return }  // a trailer
        // A status line begins anew: after 1xx, and after a proxy's own answer to CONNECT.
        if line.hasPrefix("HTTP/") { progress.headers.removeAll() } else { progress.headers.append(line: line) }
    }

    private func completeHead() {
        let status = info(CURLINFO_RESPONSE_CODE)
        guard progress.head == nil, status >= 200 else { return }
        let head = ResponseHead(
            status: status,
            version: info(CURLINFO_HTTP_VERSION) == Int(CURL_HTTP_VERSION_2_0) ? .http2 : .http1,
            headers: progress.headers,
            connection: ConnectionIdentity(socket: activeSocket ?? -1, localPort: info(CURLINFO_LOCAL_PORT)))
        progress.head = head
        loop.reconsiderLimits()
        exchange.withLock { $0.receivedHead(head) }?.resume(returning: head)
    }

    /// Loop: a piece of the body. Returns what libcurl's write callback has to.
    func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        progress.lastByte = loop.now
        switch exchange.withLock({ $0.received(bytes) }) {
        case .stored: break
        case .pause: return Int(CURL_WRITEFUNC_PAUSE)
        case .deliver(let waiter): waiter.resume(returning: Array(bytes))
        }
        return bytes.count
    }

    /// Loop: the limit that is passed first if nothing happens, and when.
    var deadline: (limit: TransportError.Limit, at: ContinuousClock.Instant, after: Duration)? {
        var earliest: (limit: TransportError.Limit, at: ContinuousClock.Instant, after: Duration)?
        func consider(_ limit: TransportError.Limit, _ duration: Duration?, from start: ContinuousClock.Instant) {
            guard let duration else { return }
            let at = start + duration
            if earliest.map({ at < $0.at }) ?? true { earliest = (limit, at, duration) }
        }
        consider(.total, request.limits.total, from: progress.started)
        if progress.head == nil {
            consider(.headers, request.limits.headers, from: progress.started)
        } else if !exchange.withLock({ $0.isPaused }) {
            consider(.silence, request.limits.silence, from: progress.lastByte)
        }
        return earliest
    }

    /// Loop: the connection's socket, while there is one.
    var activeSocket: Int32? {
        var socket: curl_socket_t = -1
        return remora_curl_get_socket(easy, &socket) == CURLE_OK && socket >= 0 ? socket : nil
    }

    /// Loop: for how long nothing has come in on the connection, whichever exchange it was for. Of the kernel, tcp(7).
    var connectionSilence: Duration? {
        guard let socket = activeSocket else { return nil }
        var info = tcp_info()
        var size = socklen_t(MemoryLayout<tcp_info>.size)
        guard getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0 else { return nil }
        return .milliseconds(Int64(info.tcpi_last_data_recv))
    }

    private func info(_ info: CURLINFO) -> Int {
        var value = 0
        return remora_curl_get_long(easy, info, &value) == CURLE_OK ? value : 0
    }
}

extension String {
    /// Scheme, host and port of a URL: what may stand in a message.
    var peer: String {
        guard let scheme = firstRange(of: "://") else { return split(separator: "/").first.map(String.init) ?? "" }
        let authority = self[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        // What stands before an @ is a user name and a password.
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        return String(self[..<scheme.upperBound] + host)
    }

    func firstRange(of text: String) -> Range<Index>? {
        var i = startIndex
        while i < endIndex {
            if self[i...].hasPrefix(text) { return i..<index(i, offsetBy: text.count) }
            i = index(after: i)
        }
        return nil
    }
}
