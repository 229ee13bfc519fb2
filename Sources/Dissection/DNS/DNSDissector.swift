/// Pairs queries with answers by their identifiers: what DNS over UDP and over TCP have in common.
struct DNSPairing {
    private struct Pending {
        let query: DNSMessage
        let size: Int
        let time: Int64
    }

    private var pending: [Pending] = []
    private let limit: Int
    private let bytesBeforeMessage: Int

    init(_ settings: DissectionSettings, bytesBeforeMessage: Int) {
        limit = settings.pendingLimit
        self.bytesBeforeMessage = bytesBeforeMessage
    }

    var isEmpty: Bool { pending.isEmpty }

    mutating func take(
        _ message: DNSMessage, size: Int, at time: Int64, _ context: StreamContext, _ sink: ItemSink
    ) {
        let size = size + bytesBeforeMessage
        if message.isMalformed { sink.countParseError("dns") }
        guard message.isResponse else {
            if pending.count >= limit { giveUp(pending.removeFirst(), .limit, context, sink) }
            pending.append(Pending(query: message, size: size, time: time))
            return
        }
        let index = pending.firstIndex { $0.query.identifier == message.identifier && Self.fits($0.query, message) }
        guard let index else {
            sink.counters.responseOnly[.notSeen] += 1
            context.add(
                .dns(DNSExchange(request: nil, response: message)), at: time, responseSize: size,
                error: Self.error(message) ?? MissingReason.notSeen.error(missing: "request"), to: sink)
            return
        }
        let query = pending.remove(at: index)
        sink.counters.paired += 1
        context.add(
            .dns(DNSExchange(request: query.query, response: message)), at: query.time, elapsed: time - query.time,
            requestSize: query.size, responseSize: size, error: Self.error(query.query) ?? Self.error(message), to: sink
        )
    }

    /// Queries older than this have waited long enough.
    mutating func expire(before time: Int64, _ reason: MissingReason, _ context: StreamContext, _ sink: ItemSink) {
        while let first = pending.first, first.time < time { giveUp(pending.removeFirst(), reason, context, sink) }
    }

    private func giveUp(_ query: Pending, _ reason: MissingReason, _ context: StreamContext, _ sink: ItemSink) {
        sink.counters.requestOnly[reason] += 1
        context.add(
            .dns(DNSExchange(request: query.query, response: nil)), at: query.time, requestSize: query.size,
            error: Self.error(query.query) ?? reason.error(missing: "response"), to: sink)
    }

    private static func error(_ message: DNSMessage) -> ItemError? {
        message.isMalformed ? ItemError(.dissection, "the DNS message is malformed") : nil
    }

    /// An answer repeats the question, unless it has none.
    private static func fits(_ query: DNSMessage, _ answer: DNSMessage) -> Bool {
        guard let asked = query.questions.first, let repeated = answer.questions.first else { return true }
        return asked.type == repeated.type && asked.name.lowercased() == repeated.name.lowercased()
    }
}

/// DNS over TCP: messages behind their lengths (RFC 1035 section 4.2.2).
package final class DNSStreamDissector: StreamDissector {
    package static let name = "dns"
    package static let ports: [UInt16] = [53]

    private let context: StreamContext
    private var pairing: DNSPairing
    private var client: [UInt8] = []
    private var server: [UInt8] = []
    private var lostSides: Set<Side> = []

    package init(_ context: StreamContext, _ settings: DissectionSettings) {
        self.context = context
        pairing = DNSPairing(settings, bytesBeforeMessage: 2)
    }

    package static func recognize(_ bytes: UnsafeRawBufferPointer, from sender: Side) -> Recognition {
        var reader = ByteReader(bytes)
        guard let length = reader.number16() else { return .needsMore }
        guard length >= 17 else { return .no }
        guard let part = reader.part(length) else {
            // The header must make sense before more is waited for.
            guard reader.remaining >= 12 else { return .needsMore }
            let flags = Int(bytes[4]) << 8 | Int(bytes[5])
            let counts = (0..<4).map { Int(bytes[6 + 2 * $0]) << 8 | Int(bytes[7 + 2 * $0]) }
            let isPlausible =
                flags >> 11 & 15 <= 6 && flags & 0x40 == 0 && counts[0] == 1 && counts[1...].allSatisfy { $0 < 512 }
            return isPlausible ? .needsMore : .no
        }
        guard let message = DNSMessage(part.rest), message.isConvincing else { return .no }
        return .certain(message.isResponse ? .server : .client)
    }

    package func receive(
        _ bytes: UnsafeRawBufferPointer, from side: Side, at time: Int64, into sink: ItemSink
    ) -> StreamOutcome {
        guard !lostSides.contains(side) else {
            sink.counters.skippedBytes += bytes.count
            return .goesOn
        }
        // A message is at most 64 KiB, so no more than that is ever held.
        var held = side == .client ? client : server
        if side == .client { client = [] } else { server = [] }
        held.append(contentsOf: bytes)
        let used = held.withUnsafeBytes { held in
            var reader = ByteReader(held)
            while true {
                let start = reader.position
                guard let length = reader.number16(), let part = reader.part(length) else { return start }
                if let message = DNSMessage(part.rest) {
                    pairing.take(message, size: length, at: time, context, sink)
                } else {
                    sink.countParseError(Self.name)
                }
            }
        }
        held.removeFirst(used)
        if side == .client { client = held } else { server = held }
        return .goesOn
    }

    package func skip(_ count: Int, from side: Side, at time: Int64, into sink: ItemSink) {
        // Where the next message begins is anybody's guess.
        lostSides.insert(side)
        if side == .client { client = [] } else { server = [] }
    }

    package func expire(before time: Int64, into sink: ItemSink) {
        pairing.expire(before: time, lostSides.contains(.server) ? .gap : .timeout, context, sink)
    }

    package func end(_ side: Side, at time: Int64, into sink: ItemSink) {}

    package func finish(_ reason: MissingReason, at time: Int64, into sink: ItemSink) {
        pairing.expire(before: .max, lostSides.contains(.server) ? .gap : reason, context, sink)
    }
}
