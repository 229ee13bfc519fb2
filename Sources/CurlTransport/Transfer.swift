internal import CCurl
internal import Glibc
internal import Threading

/// One exchange on its way: libcurl's easy handle, and what the event loop and the consumer share about it.
///
/// Methods marked "loop" run on the event loop's thread only; the rest may be called from anywhere.
final class Transfer: Sendable {
    /// The header lines of a response may take this much. API servers send about 1 KiB, and 16 KiB is what most
    /// servers and proxies allow; without a limit a hostile one could fill the memory.
    static let headerByteLimit = 256 << 10

    let request: HTTPRequest
    let target: RequestTarget
    let loop: EventLoop
    private let exchange = Locked(Exchange())
    /// Touched on the loop's thread only, from `start` until the loop has let go of the transfer; `deinit` comes after.
    nonisolated(unsafe) let easy: UnsafeMutableRawPointer
    /// Touched on the loop's thread only.
    nonisolated(unsafe) var progress: Progress

    private typealias Exchange = TransferExchange<
        CheckedContinuation<ResponseHead, any Error>, CheckedContinuation<[UInt8]?, any Error>
    >

    /// What the loop knows of a transfer under way.
    struct Progress {
        var headers = HTTPHeaders()
        var headerByteCount = 0
        var head: ResponseHead?
        /// Why we have told libcurl to give up.
        var refusal: TransportError?
        /// An address to which the transport must not connect, and so did not.
        var forbiddenAddress: String?
        /// How much of the file was taken to be sent.
        var sentByteCount = 0
        /// libcurl was told to pause and not yet to resume.
        var isPaused = false
        var started: ContinuousClock.Instant
        var lastByte: ContinuousClock.Instant
        /// Lists that libcurl refers to and does not copy.
        var lists: [UnsafeMutablePointer<curl_slist>] = []
        /// Where libcurl puts what it has to say about a failure.
        let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    }

    init(_ request: HTTPRequest, on loop: EventLoop) throws {
        guard let target = RequestTarget(request.url) else {
            let detail = "it has to begin with http:// or https://, to name a server and to be percent-encoded"
            throw TransportError(kind: .invalidRequest, peer: "the given URL", detail: detail)
        }
        guard let easy = curl_easy_init() else {
            throw TransportError(kind: .other, peer: target.peer, detail: "out of memory")
        }
        self.easy = easy
        self.request = request
        self.target = target
        self.loop = loop
        let now = ContinuousClock.now
        progress = Progress(started: now, lastByte: now)
        progress.errorText[0] = 0
    }

    deinit {
        curl_easy_cleanup(easy)
        for list in progress.lists { curl_slist_free_all(list) }
        progress.errorText.deallocate()
    }

    /// Scheme, host and port of the server: what may stand in a message.
    var peer: String { target.peer }

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
        guard let waiters = exchange.withLock({ $0.cancel() }) else { return }
        loop.post(.remove(self))
        fail(waiters, CancellationError())
    }

    func sever() { loop.post(.sever(self)) }

    // MARK: The loop's side

    /// Loop: whether it ended already, perhaps before it began.
    var isFinished: Bool { exchange.withLock { $0.isFinished } }

    /// Ends the exchange; waiting readers learn of it.
    func finish(_ result: Result<Void, any Error>) {
        deliver()
        let waiters = exchange.withLock { $0.finish(result) }
        switch result {
        case .success: waiters.body?.resume(returning: nil)
        case .failure(let error): fail(waiters, error)
        }
    }

    private func fail(_ waiters: Exchange.Waiters, _ error: any Error) {
        waiters.head?.resume(throwing: error)
        waiters.body?.resume(throwing: error)
    }

    /// Loop: libcurl is done with the transfer.
    func completed(_ code: CURLcode) {
        if let refusal = progress.refusal { return finish(.failure(refusal)) }
        if code == CURLE_COULDNT_CONNECT, let address = progress.forbiddenAddress {
            let detail = "\(address) is a link-local or metadata address"
            return finish(.failure(TransportError(kind: .forbiddenAddress, peer: peer, detail: detail)))
        }
        if code == CURLE_OK {
            if progress.head != nil { return finish(.success(())) }
            // After an unasked "101 Switching Protocols", for example.
            let error = TransportError(kind: .interrupted, peer: peer, detail: "the response has no head")
            return finish(.failure(error))
        }
        // What a proxy answers to CONNECT, 407 or 502, is no answer of the server.
        let proxyStatus = info(CURLINFO_HTTP_CONNECTCODE)
        let kind: TransportError.Kind? = proxyStatus == 0 || 200..<300 ~= proxyStatus ? nil : .connection
        let detail = String(cString: progress.errorText)
        finish(.failure(TransportError(code: code, kind: kind, detail: detail, peer: peer)))
    }

    /// Loop: one header line, or the empty line behind the last. Returns what libcurl's header callback has to.
    func receivedHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        progress.lastByte = loop.now
        // A trailer, after the body.
        if progress.head != nil { return bytes.count }
        progress.headerByteCount += bytes.count
        guard progress.headerByteCount <= Self.headerByteLimit else {
            let detail = "its header has more than \(Self.headerByteLimit) bytes"
            progress.refusal = TransportError(kind: .tooLarge, peer: peer, detail: detail)
            return 0
        }
        let blanks: [UInt8] = [0x0d, 0x0a, 0x20, 0x09]
        let end = bytes.lastIndex { !blanks.contains($0) }.map { $0 + 1 } ?? 0
        takeHeader(Substring(decoding: bytes[..<end], as: UTF8.self))
        return bytes.count
    }

    private func takeHeader(_ line: Substring) {
        if line.isEmpty { return completeHead() }
        guard line.hasPrefix("HTTP/") else { return progress.headers.append(line: line) }
        // A status line begins anew, after 1xx.
        progress.headers.removeAll()
        progress.headerByteCount = 0
    }

    private func completeHead() {
        let status = info(CURLINFO_RESPONSE_CODE)
        guard progress.head == nil, status >= 200 else { return }
        let head = ResponseHead(
            status: status,
            version: info(CURLINFO_HTTP_VERSION) == Int(CURL_HTTP_VERSION_2_0) ? .http2 : .http1,
            headers: progress.headers,
            // A connection that is gone already is shared with nobody.
            connection: connection?.identity ?? loop.connections.newIdentity(),
            certificates: request.wantsCertificates ? certificates : [])
        progress.head = head
        loop.reconsiderLimits()
        exchange.withLock { $0.receivedHead(head) }?.resume(returning: head)
    }

    /// Loop: a piece of the body. Returns what libcurl's write callback has to.
    func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        progress.lastByte = loop.now
        switch exchange.withLock({ $0.received(bytes) }) {
        case .stored: break
        case .awaited: if loop.awaited.last !== self { loop.awaited.append(self) }
        case .enough: deliver()
        case .pause:
            progress.isPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        return bytes.count
    }

    /// Hands what was received to the reader that waits, if there is one.
    func deliver() {
        guard let (waiter, bytes) = exchange.withLock({ $0.deliver() }) else { return }
        waiter.resume(returning: bytes)
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
            if request.file != nil { consider(.silence, request.limits.silence, from: progress.lastByte) }
        } else if !progress.isPaused {
            consider(.silence, request.limits.silence, from: progress.lastByte)
        }
        return earliest
    }

    /// Loop: the connection that carries the transfer, if it has one and it is open.
    var connection: ConnectionTable.Open? {
        loop.connections.connection(
            between: ConnectionTable.Endpoints(
                localPort: info(CURLINFO_LOCAL_PORT), localAddress: text(CURLINFO_LOCAL_IP),
                remotePort: info(CURLINFO_PRIMARY_PORT), remoteAddress: text(CURLINFO_PRIMARY_IP)))
    }

    /// Loop: for how long nothing has come in on the connection, whichever exchange it was for. Of the kernel, tcp(7).
    var connectionSilence: Duration? {
        guard let socket = connection?.socket else { return nil }
        var info = tcp_info()
        var size = socklen_t(MemoryLayout<tcp_info>.size)
        guard getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0 else { return nil }
        return .milliseconds(Int64(info.tcpi_last_data_recv))
    }

    private func info(_ info: CURLINFO) -> Int {
        var value = 0
        return remora_curl_get_long(easy, info, &value) == CURLE_OK ? value : 0
    }

    private func text(_ info: CURLINFO) -> String {
        var value: UnsafePointer<CChar>?
        guard remora_curl_get_string(easy, info, &value) == CURLE_OK, let value else { return "" }
        return String(cString: value)
    }
}
