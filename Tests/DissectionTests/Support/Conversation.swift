import JSON

@testable import Dissection

/// What two sides of a connection say, one after the other.
struct Conversation {
    enum Turn {
        case says(Side, [UInt8])
        case loses(Side, Int)
        case ends(Side)
        /// Nothing is said for so many seconds, and then time is looked at.
        case waits(Int64)
    }

    /// Where the bytes of a turn are cut into pieces.
    enum Cuts: CustomStringConvertible {
        case none, everyByte
        case random(UInt64)

        var description: String {
            switch self {
            case .none: "whole"
            case .everyByte: "byte by byte"
            case .random(let seed): "cut at random (seed \(seed))"
            }
        }
    }

    var turns: [Turn] = []
    var port: UInt16 = 8080
    var settings = DissectionSettings()

    static let cuts: [Cuts] = [.none, .everyByte, .random(1), .random(2), .random(3)]

    init(port: UInt16 = 8080) { self.port = port }

    func client(_ text: String) -> Self { client(Array(text.utf8)) }
    func server(_ text: String) -> Self { server(Array(text.utf8)) }
    func client(_ bytes: [UInt8]) -> Self { adding(.says(.client, bytes)) }
    func server(_ bytes: [UInt8]) -> Self { adding(.says(.server, bytes)) }
    func loses(_ side: Side, _ count: Int) -> Self { adding(.loses(side, count)) }
    func ends(_ side: Side) -> Self { adding(.ends(side)) }

    func waits(seconds: Int64) -> Self { adding(.waits(seconds)) }

    private func adding(_ turn: Turn) -> Self {
        var changed = self
        changed.turns.append(turn)
        return changed
    }

    /// The items, and what was counted. Each turn happens a millisecond after the one before.
    func dissected(_ cuts: Cuts = .none, finishing reason: MissingReason? = .end) -> (
        items: [Item], counters: DissectionCounters
    ) {
        let sink = ItemSink()
        let connection = ConnectionIdentity(
            client: Peer(address: "10.0.0.1", port: 40_000), server: Peer(address: "10.0.0.2", port: port),
            transport: .tcp, number: 7)
        let stream = DissectedStream(connection, settings)
        var random = SplitMix(seed: { if case .random(let seed) = cuts { seed } else { 0 } }())
        var waited: Int64 = 0
        for (index, turn) in turns.enumerated() {
            let time = Self.start + Int64(index) * 1_000_000 + waited
            switch turn {
            case .says(let side, let bytes):
                var position = 0
                while position < bytes.count {
                    let length =
                        switch cuts {
                        case .none: bytes.count
                        case .everyByte: 1
                        case .random: 1 + Int(random.next() % 23)
                        }
                    var piece = Array(bytes[position..<min(position + length, bytes.count)])
                    piece.withUnsafeMutableBytes { piece in
                        stream.receive(UnsafeRawBufferPointer(piece), from: side, at: time, into: sink)
                        // Whoever still looks there reads nonsense.
                        piece.initializeMemory(as: UInt8.self, repeating: 0xEE)
                    }
                    position += piece.count
                }
            case .loses(let side, let count): stream.skip(count, from: side, at: time, into: sink)
            case .ends(let side): stream.end(side, at: time, into: sink)
            case .waits(let seconds):
                waited += seconds * 1_000_000_000
                let now = time + seconds * 1_000_000_000
                stream.expire(before: now - settings.pairingTimeout, into: sink)
            }
        }
        if let reason { stream.finish(reason, at: Self.start + 1_000_000_000, into: sink) }
        var items: [Item] = []
        sink.drain { items += $0 }
        return (items, sink.counters)
    }

    /// The items as hooks see them.
    func trees(_ cuts: Cuts = .none) -> [JSONValue] {
        var encoder = ItemEncoder()
        return dissected(cuts).items.map { encoder.tree($0) }
    }

    /// 2023-11-14T22:13:20Z
    static let start: Int64 = 1_700_000_000_000_000_000
}

/// A small generator of random numbers that gives the same ones on every run.
struct SplitMix {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

extension JSONValue {
    /// A value by names and numbers, as `"request.questions.0.name"`.
    subscript(path path: String) -> JSONValue? {
        path.split(separator: ".").reduce(Optional(self)) { value, name in
            Int(name).flatMap { value?[$0] } ?? value?[String(name)]
        }
    }
}

/// Bytes from hexadecimal digits; white space is passed over.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
