internal import Glibc

/// HTTP/1.0 and 1.1, and the 0.9 that some tools still speak (RFC 9112).
package final class HTTP1Dissector: StreamDissector {
    package static let name = "http"
    package static let ports: [UInt16] = [80, 8080, 8000, 3000, 5000]

    private let context: StreamContext
    private let limit: Int
    // One thread uses a dissector, and nothing that is called while one of these changes comes back to it: to check that for
    // each message costs as much as reading its start line.
    @exclusivity(unchecked) private var requests: HTTP1Parser
    @exclusivity(unchecked) private var responses: HTTP1Parser
    @exclusivity(unchecked) private var pending = PendingRequests()
    /// Requests before those, which went out to make room: so many responses belong to none of ``pending``.
    private var forgotten = 0
    /// When the server last said something that this dissector understood.
    private var lastAnswer = Int64.min
    /// The request that is being read was answered already: its end sends the exchange out.
    @exclusivity(unchecked) private var answeredEarly: ReadMessage?
    /// A response came while another request waited: the client does not wait for answers.
    private var isPipelining = false
    /// Responses were lost: how many of the waiting requests they answered is not known.
    private var hasLostResponses = false
    private var hasLostRequests = false
    private var outcome = StreamOutcome.goesOn

    package init(_ context: StreamContext, _ settings: DissectionSettings) {
        self.context = context
        limit = settings.pendingLimit
        requests = HTTP1Parser(isRequest: true, settings)
        responses = HTTP1Parser(isRequest: false, settings)
    }

    package static func recognize(_ bytes: UnsafeRawBufferPointer, from sender: Side) -> Recognition {
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return .needsMore }
        var start = 0
        while start < bytes.count, base[start] == 0x0d || base[start] == 0x0a { start += 1 }
        let count = min(bytes.count - start, 8 << 10)
        guard count > 0 else { return .needsMore }
        let text = base + start
        if count >= 7, memcmp(text, "HTTP/1.", 7) == 0 || memcmp(text, "HTTP/0.", 7) == 0 { return .certain(.server) }
        if count < 7, memcmp(text, "HTTP/1.", count) == 0 { return .needsMore }
        let newline = memchr(text, 0x0a, count)
        guard let newline else {
            var i = 0
            while i < count, HTTPStartLine.isMethodByte(text[i]) { i += 1 }
            guard i <= 32, i == count || (i > 0 && text[i] == 0x20) else { return .no }
            return .needsMore
        }
        var end = UnsafeRawPointer(text).distance(to: UnsafeRawPointer(newline))
        if end > 0, text[end - 1] == 0x0d { end -= 1 }
        guard let line = HTTPStartLine.parse(text, 0, end, isRequest: true) else { return .no }
        // HTTP/2's preface is a request line of its own kind.
        return line.version >= 20 ? .no : .certain(.client)
    }

    package func receive(
        _ bytes: UnsafeRawBufferPointer, from side: Side, at time: Int64, into sink: ItemSink
    ) -> StreamOutcome {
        var offset = 0
        if side == .client {
            receiveRequests(bytes, &offset, time, sink)
        } else {
            receiveResponses(bytes, &offset, time, sink)
        }
        if case .changesProtocol = outcome { return .changesProtocol(consumed: offset) }
        return outcome
    }

    // MARK: Requests

    private func receiveRequests(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ time: Int64, _ sink: ItemSink
    ) {
        while outcome == .goesOn {
            switch requests.next(bytes, &offset, time) {
            case .needsMore: return
            case .malformed: sink.countParseError(Self.name)
            case .head:
                let framing = Self.framing(ofRequest: requests.scanner)
                enqueue(requests.scanner.start, sink, time)
                if let message = requests.begin(framing, bytes, &offset) { complete(message, sink, time) }
            case .message(let message): complete(message, sink, time)
            }
        }
    }

    private static func framing(ofRequest scanner: HTTPHeadScanner) -> HTTP1Parser.Framing {
        if scanner.start.version == 9 { return .length(0) }
        if scanner.isChunked { return .chunked }
        guard let length = scanner.contentLength, !scanner.hasBadContentLength else { return .length(0) }
        return .length(length)
    }

    private func enqueue(_ start: HTTPStartLine, _ sink: ItemSink, _ time: Int64) {
        if pending.count >= limit, let oldest = pending.popFirst() {
            forgotten += 1
            if case .waits(let message, _) = oldest.state { emit(requestOnly: message, .limit, sink) }
        }
        pending.append(start.method)
        // HTTP/0.9 answers without a status line.
        if start.version == 9, !responses.isWithinMessage { responses.beginBare(time) }
    }

    /// A request that ended before its time: within its body, or already within its head.
    private func endRequest(_ message: ReadMessage, _ sink: ItemSink, _ time: Int64) {
        if !pending.isLastRead, answeredEarly == nil { enqueue(message.facts.start, sink, message.facts.time) }
        complete(message, sink, time)
    }

    private func complete(_ message: consuming ReadMessage, _ sink: ItemSink, _ time: Int64) {
        if let response = answeredEarly {
            answeredEarly = nil
            return emit(message, response, sink)
        }
        pending.completeLast(message.kept(), at: time)
    }

    // MARK: Responses

    private func receiveResponses(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, _ time: Int64, _ sink: ItemSink
    ) {
        while outcome == .goesOn {
            switch responses.next(bytes, &offset, time) {
            case .needsMore: return
            case .malformed: sink.countParseError(Self.name)
            case .head:
                lastAnswer = time
                alignAfterLoss(sink)
                let framing = framingOfResponse()
                if let message = responses.begin(framing, bytes, &offset) { answer(message, sink) }
            case .message(let message):
                lastAnswer = time
                answer(message, sink)
            }
        }
    }

    private func framingOfResponse() -> HTTP1Parser.Framing {
        let scanner = responses.scanner
        let status = scanner.start.status
        if 100..<200 ~= status || status == 204 || status == 304 { return .length(0) }
        if forgotten == 0 {
            switch pending.firstMethod {
            case .head: return .length(0)
            case .connect where 200..<300 ~= status: return .length(0)
            case .connect, .other, nil: break
            }
        }
        if scanner.isChunked { return .chunked }
        if scanner.hasOtherTransferCoding { return .untilClose }
        guard let length = scanner.contentLength, !scanner.hasBadContentLength else { return .untilClose }
        return .length(length)
    }

    /// Responses were lost, and a new one begins: a client that waits for each answer sent its last request after all
    /// that was lost, so this is the answer to that one.
    private func alignAfterLoss(_ sink: ItemSink) {
        guard hasLostResponses else { return }
        hasLostResponses = false
        forgotten = 0
        guard !isPipelining else { return }
        while pending.count > 1, let request = pending.popFirst() {
            if case .waits(let message, _) = request.state { emit(requestOnly: message, .gap, sink) }
        }
    }

    private func answer(_ response: consuming ReadMessage, _ sink: ItemSink) {
        let status = response.facts.start.status
        if 100..<200 ~= status, status != 101 {
            sink.counters.interim += 1
            return
        }
        guard forgotten == 0 else {
            forgotten -= 1
            return emit(responseOnly: response, .limit, sink)
        }
        guard let request = pending.popFirst() else {
            return emit(responseOnly: response, hasLostRequests ? .gap : .notSeen, sink)
        }
        if !pending.isEmpty { isPipelining = true }
        if request.method == .connect, 200..<300 ~= status { outcome = .changesProtocol(consumed: 0) }
        if status == 101 { outcome = .isOpaque }
        switch request.state {
        case .waits(let message, _): emit(message, response, sink)
        case .isGivenUp: emit(responseOnly: response, .timeout, sink)
        case .isRead where outcome == .goesOn && requests.isWithinBody:
            // The answer came before the request's end: an error, or a server in a hurry.
            if let earlier = answeredEarly { emit(responseOnly: earlier, .notSeen, sink) }
            answeredEarly = response.kept()
        case .isRead: emit(requests.unfinished, response, sink)
        }
    }

    // MARK: Gaps, ends, time

    package func expire(before time: Int64, into sink: ItemSink) {
        // A response that is coming is no silence, however long it takes.
        guard !pending.isEmpty, lastAnswer < time, !responses.isWithinMessage else { return }
        pending.giveUp(before: time) { emit(requestOnly: $0, hasLostResponses ? .gap : .timeout, sink) }
    }

    package func skip(_ count: Int, from side: Side, at time: Int64, into sink: ItemSink) {
        switch side {
        case .client:
            let (ended, isLost) = requests.skip(count)
            if let ended { endRequest(ended, sink, time) }
            if isLost { hasLostRequests = true }
        case .server:
            let (ended, isLost) = responses.skip(count)
            if let ended { answer(ended, sink) }
            if isLost { hasLostResponses = true }
        }
    }

    package func end(_ side: Side, at time: Int64, into sink: ItemSink) {
        switch side {
        case .client: if let message = requests.close() { endRequest(message, sink, time) }
        case .server: if let message = responses.close() { answer(message, sink) }
        }
    }

    package func finish(_ reason: MissingReason, at time: Int64, into sink: ItemSink) {
        end(.client, at: time, into: sink)
        end(.server, at: time, into: sink)
        if let response = answeredEarly { emit(responseOnly: response, .notSeen, sink) }
        answeredEarly = nil
        while let request = pending.popFirst() {
            if case .waits(let message, _) = request.state {
                emit(requestOnly: message, hasLostResponses ? .gap : reason, sink)
            }
        }
    }

    // MARK: Items

    private func emit(_ request: consuming ReadMessage, _ response: consuming ReadMessage, _ sink: ItemSink) {
        sink.counters.paired += 1
        let (time, elapsed) = (request.facts.time, response.facts.time - request.facts.time)
        let (requestSize, responseSize) = (request.facts.wireLength, response.facts.wireLength)
        context.add(
            .http(HTTPExchange(request: consume request, response: consume response)), at: time, elapsed: elapsed,
            requestSize: requestSize, responseSize: responseSize, to: sink)
    }

    private func emit(requestOnly request: ReadMessage, _ reason: MissingReason, _ sink: ItemSink) {
        sink.counters.requestOnly[reason] += 1
        context.add(
            .http(HTTPExchange(request: request, response: nil)), at: request.facts.time,
            requestSize: request.facts.wireLength, error: reason.error(missing: "response"), to: sink)
    }

    private func emit(responseOnly response: ReadMessage, _ reason: MissingReason, _ sink: ItemSink) {
        sink.counters.responseOnly[reason] += 1
        context.add(
            .http(HTTPExchange(request: nil, response: response)), at: response.facts.time,
            responseSize: response.facts.wireLength, error: reason.error(missing: "request"), to: sink)
    }
}
