/// One TCP connection on its way to items: recognizes the protocol by what is said, then hands everything to that
/// protocol's dissector.
///
/// ```
/// undecided ──recognized──▶ dissecting ──CONNECT──▶ undecided
///     └──limit reached──▶ opaque ◀──upgrade, encryption──┘
/// ```
package final class DissectedStream {
    private enum State {
        case undecided
        case dissecting(any StreamDissector)
        /// Nobody reads on; bytes are only counted.
        case opaque
    }

    /// What a side said before its protocol was known.
    private struct Beginning {
        var bytes: [UInt8] = []
        var time: Int64 = 0
        /// What the bytes so far may be, by the number of the dissector.
        var possible: Set<Int> = []
        var isSpent = false
    }

    /// All dissectors, in the order in which they are asked.
    static let dissectors: [any StreamDissector.Type] = [
        HTTP1Dissector.self, TLSDissector.self, RedisDissector.self, DNSStreamDissector.self,
    ]

    let context: StreamContext
    private let settings: DissectionSettings
    private var state = State.undecided
    private var client = Beginning()
    private var server = Beginning()
    /// The flow's client is the protocol's server: the handshake was not seen, and the ports misled.
    private var isFlipped = false
    private let enabled: [Int]
    private var hasEverBeenRecognized = false
    private var wasEmpty = true

    /// A connection whose `client` is who seems to have opened it.
    package init(_ connection: ConnectionIdentity, _ settings: DissectionSettings) {
        context = StreamContext(connection)
        self.settings = settings
        enabled = Self.dissectors.indices.filter { settings.enabled.contains(Self.dissectors[$0].name) }
        if enabled.isEmpty { state = .opaque }
    }

    /// The next bytes of one side, in order.
    package func receive(_ bytes: UnsafeRawBufferPointer, from side: Side, at time: Int64, into sink: ItemSink) {
        guard bytes.count > 0 else { return }
        wasEmpty = false
        switch state {
        case .opaque: sink.counters.skippedBytes += bytes.count
        case .dissecting(let dissector): dissect(dissector, bytes, isFlipped ? side.other : side, time, sink)
        case .undecided: recognize(bytes, side, time, sink)
        }
    }

    /// Bytes of one side that were not captured.
    package func skip(_ count: Int, from side: Side, at time: Int64, into sink: ItemSink) {
        switch state {
        case .opaque: break
        case .dissecting(let dissector):
            dissector.skip(count, from: isFlipped ? side.other : side, at: time, into: sink)
        case .undecided:
            // What follows does not continue what was kept.
            withBeginning(side) { beginning in
                sink.counters.skippedBytes += beginning.bytes.count
                beginning.bytes.removeAll()
            }
        }
    }

    /// Gives up what has waited for an answer since before `time`.
    package func expire(before time: Int64, into sink: ItemSink) {
        if case .dissecting(let dissector) = state { dissector.expire(before: time, into: sink) }
    }

    /// One side says no more.
    package func end(_ side: Side, at time: Int64, into sink: ItemSink) {
        if case .dissecting(let dissector) = state {
            dissector.end(isFlipped ? side.other : side, at: time, into: sink)
        }
    }

    /// The connection is over, or forgotten.
    package func finish(_ reason: MissingReason, at time: Int64, into sink: ItemSink) {
        switch state {
        case .dissecting(let dissector): dissector.finish(reason, at: time, into: sink)
        case .undecided:
            sink.counters.skippedBytes += client.bytes.count + server.bytes.count
            if !wasEmpty, !hasEverBeenRecognized { sink.counters.unknownStreams += 1 }
        case .opaque: break
        }
        state = .opaque
    }

    // MARK: Dissecting

    private func dissect(
        _ dissector: any StreamDissector, _ bytes: UnsafeRawBufferPointer, _ side: Side, _ time: Int64,
        _ sink: ItemSink
    ) {
        switch dissector.receive(bytes, from: side, at: time, into: sink) {
        case .goesOn: break
        case .isOpaque:
            dissector.finish(.end, at: time, into: sink)
            state = .opaque
        case .changesProtocol(let consumed):
            dissector.finish(.end, at: time, into: sink)
            state = .undecided
            (client, server) = (Beginning(), Beginning())
            if isFlipped { context.connection = context.connection.flipped }
            isFlipped = false
            let rest = UnsafeRawBufferPointer(rebasing: bytes[min(consumed, bytes.count)...])
            if rest.count > 0 { recognize(rest, side, time, sink) }
        }
    }

    // MARK: Recognizing

    private func recognize(_ bytes: UnsafeRawBufferPointer, _ side: Side, _ time: Int64, _ sink: ItemSink) {
        let isFirst = side == .client ? client.bytes.isEmpty : server.bytes.isEmpty
        if isFirst, let choice = choose(bytes, side) {
            return begin(choice, nil, bytes, side, time, sink)
        }
        if !isFirst {
            // Either the bytes continue what was said, or what was said was the end of something that began before.
            withBeginning(side) { $0.bytes.append(contentsOf: bytes) }
            let joined = side == .client ? client.bytes : server.bytes
            if let choice = joined.withUnsafeBytes({ choose($0, side) }) {
                withBeginning(side) { $0.bytes.removeLast(bytes.count) }
                return begin(choice, side, bytes, side, time, sink)
            }
            if let choice = choose(bytes, side) {
                withBeginning(side) { beginning in
                    sink.counters.skippedBytes += beginning.bytes.count - bytes.count
                    beginning.bytes.removeAll()
                }
                return begin(choice, nil, bytes, side, time, sink)
            }
        } else {
            withBeginning(side) { beginning in
                beginning.bytes.append(contentsOf: bytes)
                beginning.time = time
            }
        }
        withBeginning(side) { beginning in
            if beginning.bytes.count >= settings.recognitionLimit { beginning.isSpent = true }
        }
        if client.isSpent || server.isSpent, client.bytes.count + server.bytes.count >= settings.recognitionLimit {
            sink.counters.unknownStreams += hasEverBeenRecognized ? 0 : 1
            sink.counters.skippedBytes += client.bytes.count + server.bytes.count
            (client, server) = (Beginning(), Beginning())
            state = .opaque
        }
    }

    /// The dissector for bytes with which a side begins, and who speaks.
    private func choose(_ bytes: UnsafeRawBufferPointer, _ side: Side) -> (dissector: Int, speaker: Side)? {
        var possible: [(Int, Side)] = []
        for index in enabled {
            switch Self.dissectors[index].recognize(bytes, from: side) {
            case .certain(let speaker): return (index, speaker)
            case .possible(let speaker): possible.append((index, speaker))
            case .no, .needsMore: break
            }
        }
        let others = side == .client ? server.possible : client.possible
        for (index, speaker) in possible
        where others.contains(index) || settings.isPort(of: Self.dissectors[index], context.connection) {
            return (index, speaker)
        }
        withBeginning(side) { $0.possible = Set(possible.map(\.0)) }
        return nil
    }

    /// Begins to dissect: first what was kept, in the order in which it came, then the bytes at hand.
    private func begin(
        _ choice: (dissector: Int, speaker: Side), _ continued: Side?, _ bytes: UnsafeRawBufferPointer, _ side: Side,
        _ time: Int64, _ sink: ItemSink
    ) {
        isFlipped = choice.speaker != side
        hasEverBeenRecognized = true
        if isFlipped { context.connection = context.connection.flipped }
        let dissector = Self.dissectors[choice.dissector].init(context, settings)
        state = .dissecting(dissector)
        var kept = [(Side.client, client), (Side.server, server)].filter { !$0.1.bytes.isEmpty }
        if kept.count == 2, kept[1].1.time < kept[0].1.time { kept.swapAt(0, 1) }
        (client, server) = (Beginning(), Beginning())
        for (keptSide, beginning) in kept {
            beginning.bytes.withUnsafeBytes { receive($0, from: keptSide, at: beginning.time, into: sink) }
        }
        receive(bytes, from: side, at: time, into: sink)
    }

    private func withBeginning<Result>(_ side: Side, _ body: (inout Beginning) -> Result) -> Result {
        side == .client ? body(&client) : body(&server)
    }
}
