import PacketCapture
import Testing

/// A generator whose numbers come again with the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

/// Compares what is told with what was sent: each byte at its place or in a gap, nothing twice.
private struct StreamCheck: FlowConsumer {
    let sent: [UInt8]
    var offset = 0
    var gapBytes = 0
    var faults: [String] = []
    var isFinished = false

    mutating func begin(_ flow: Flow) {}
    mutating func deliver(
        _ bytes: UnsafeRawBufferPointer, of flow: Flow, _ direction: FlowDirection, from packet: PacketStamp
    ) {
        guard direction == .toServer else { return }
        if !sent[min(offset, sent.count)...].starts(with: bytes) { faults.append("other bytes at \(offset)") }
        offset += bytes.count
    }
    mutating func gap(
        _ byteCount: Int, in flow: Flow, _ direction: FlowDirection, because reason: GapReason, at packet: PacketStamp
    ) {
        guard direction == .toServer else { return }
        offset += byteCount
        gapBytes += byteCount
    }
    mutating func finish(_ flow: Flow, _ direction: FlowDirection, at packet: PacketStamp) {
        if direction == .toServer { isFinished = true }
    }
    mutating func end(_ flow: Flow, because reason: FlowEnd, at time: Int64) {}
}

@Suite("Random streams")
struct RandomStreamTests {
    @Test("whatever the network does, each byte is told at its place or counted in a gap", arguments: 0..<300)
    func random(seed: Int) {
        var random = SeededGenerator(state: UInt64(seed))
        let sent = (0..<Int.random(in: 0...40_000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        let initial = Bool.random(using: &random) ? UInt32.max - UInt32.random(in: 0...20_000, using: &random) : 77
        let lossPercent = [0, 0, 2, 20].randomElement(using: &random) ?? 0

        // Segments, some of them repeated with other borders.
        var segments: [(offset: Int, count: Int)] = []
        var offset = 0
        while offset < sent.count {
            let count = min(Int.random(in: 1...3000, using: &random), sent.count - offset)
            segments.append((offset, count))
            if Int.random(in: 0..<10, using: &random) == 0 {
                let from = Int.random(in: max(0, offset - 2000)...offset, using: &random)
                segments.append((from, min(Int.random(in: 1...4000, using: &random), sent.count - from)))
            }
            offset += count
        }
        for index in segments.indices.dropLast() where Int.random(in: 0..<5, using: &random) == 0 {
            segments.swapAt(index, min(index + Int.random(in: 1...4, using: &random), segments.count - 1))
        }

        var tracker = FlowTracker()
        var check = StreamCheck(sent: sent)
        var number: UInt64 = 0
        func send(_ frame: Frame) {
            number += 1
            frame.withPacket(time: Int64(number) * 1_000_000) {
                _ = tracker.process($0, number: number, consumer: &check)
            }
        }
        send(Frame.tcp(1000, 80, sequence: initial, flags: .syn).ipv4().ethernet())
        send(
            Frame.tcp(80, 1000, sequence: 1, acknowledgement: initial &+ 1, flags: [.syn, .ack])
                .ipv4("10.0.0.2", "10.0.0.1").ethernet())
        for (offset, count) in segments where Int.random(in: 0..<100, using: &random) >= lossPercent {
            let sequence = initial &+ 1 &+ UInt32(offset)
            send(
                Frame.tcp(
                    1000, 80, sequence: sequence, acknowledgement: 2, flags: .ack,
                    payload: Array(sent[offset..<offset + count])
                ).ipv4().ethernet())
        }
        send(
            Frame.tcp(
                1000, 80, sequence: initial &+ 1 &+ UInt32(sent.count), acknowledgement: 2, flags: [.fin, .ack]
            ).ipv4().ethernet())
        tracker.finish(consumer: &check)
        #expect(check.faults == [], "seed \(seed)")
        #expect(check.offset == sent.count && check.isFinished, "seed \(seed)")
        if lossPercent == 0 { #expect(check.gapBytes == 0, "seed \(seed)") }
        #expect(tracker.counters.violations == [], "seed \(seed)")
        #expect(tracker.counters.gapBytes.total == UInt64(check.gapBytes), "seed \(seed)")
    }
}
