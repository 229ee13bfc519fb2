internal import PacketCapture

/// Segments of one connection with any numbers and flags.
enum ReassemblyFuzzing {
    /// Holds what is told to the order that ``FlowConsumer`` promises.
    private struct Listener: FlowConsumer {
        private struct State {
            var serial: UInt64
            var finished: Set<FlowDirection> = []
        }

        private var open: [Int: State] = [:]
        var deliveredBytes: UInt64 = 0

        private func check(_ flow: Flow, _ what: String) {
            precondition(open[flow.slot]?.serial == flow.serial, "\(what) outside of a flow's life")
        }

        mutating func begin(_ flow: Flow) {
            precondition(open[flow.slot] == nil, "a slot is given out twice")
            open[flow.slot] = State(serial: flow.serial)
        }

        mutating func deliver(
            _ bytes: UnsafeRawBufferPointer, of flow: Flow, _ direction: FlowDirection, from packet: PacketStamp
        ) {
            check(flow, "bytes")
            precondition(bytes.count > 0 || !flow.isTCP, "no bytes are delivered")
            precondition(open[flow.slot]?.finished.contains(direction) == false || !flow.isTCP, "bytes behind the end")
            // Read, so that a sanitizer sees where they lie.
            precondition(bytes.reduce(0) { $0 &+ Int($1) } >= 0)
            deliveredBytes += UInt64(bytes.count)
        }

        mutating func gap(
            _ byteCount: Int, in flow: Flow, _ direction: FlowDirection, because reason: GapReason,
            at packet: PacketStamp
        ) {
            check(flow, "a gap")
            precondition(byteCount > 0, "an empty gap")
            precondition(open[flow.slot]?.finished.contains(direction) == false || !flow.isTCP, "a gap behind the end")
        }

        mutating func finish(_ flow: Flow, _ direction: FlowDirection, at packet: PacketStamp) {
            check(flow, "an end")
            precondition(open[flow.slot]?.finished.insert(direction).inserted == true, "a direction ends twice")
        }

        mutating func end(_ flow: Flow, because reason: FlowEnd, at time: Int64) {
            check(flow, "the end")
            open[flow.slot] = nil
        }

        var isAtRest: Bool { open.isEmpty }
    }

    /// A segment is nine bytes of input: who sends, flags, where it lies (signed, from where its sender is), what it
    /// acknowledges (signed), its length, how time passes.
    static func run(_ input: [UInt8]) {
        var limits = FlowLimits()
        limits.flows = 8
        limits.heldBytes = 16 << 10
        limits.heldBytesPerStream = 4 << 10
        var tracker = FlowTracker(limits: limits)
        var listener = Listener()
        // Near the place where numbers begin anew.
        var next: [UInt32] = [0xffff_f000, 0x7fff_f800]
        var time: Int64 = 1_700_000_000_000_000_000
        var number: UInt64 = 0
        var position = 0
        while position + 9 <= input.count {
            let step = input[position..<position + 9].map(Int.init)
            position += 9
            let sender = step[0] & 1
            let flags = UInt8(step[1])
            let offset = Int16(truncatingIfNeeded: step[2] << 8 | step[3])
            let acknowledged = Int16(truncatingIfNeeded: step[4] << 8 | step[5])
            let length = step[6] << (step[0] >> 1 & 3)
            time &+= Int64(step[8]) << Int64(step[7] & 0x1f)
            let sequence = next[sender] &+ UInt32(bitPattern: Int32(offset))
            let acknowledgement = next[1 - sender] &+ UInt32(bitPattern: Int32(acknowledged))
            // What comes in order moves its sender on.
            if offset == 0 { next[sender] = next[sender] &+ UInt32(length) &+ (flags & 3 != 0 ? 1 : 0) }
            number += 1
            let frame = frame(sender, sequence, acknowledgement, flags, length, port: step[0] >> 3)
            let cut = step[7] & 0x80 != 0 ? max(0, frame.count - step[8]) : frame.count
            frame.withUnsafeBytes { bytes in
                _ = tracker.process(
                    CapturedPacket(
                        bytes: UnsafeRawBufferPointer(rebasing: bytes[..<cut]), time: time,
                        wireLength: UInt32(bytes.count), interface: 0, linkType: .raw),
                    number: number, consumer: &listener)
            }
            if step[7] & 0x40 != 0 { tracker.advance(to: time, consumer: &listener) }
            precondition(tracker.counters.violations.isEmpty, "\(tracker.counters.violations)")
            precondition(tracker.counters.delivered == listener.deliveredBytes, "delivered bytes are counted wrongly")
        }
        tracker.finish(consumer: &listener)
        precondition(tracker.counters.violations.isEmpty, "\(tracker.counters.violations)")
        precondition(tracker.counters.held == 0 && listener.isAtRest, "something is left")
    }

    private static func frame(
        _ sender: Int, _ sequence: UInt32, _ acknowledgement: UInt32, _ flags: UInt8, _ length: Int, port: Int
    ) -> [UInt8] {
        func big(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        let client = UInt16(40_000 + port)
        let ports = sender == 0 ? big(client) + big(UInt16(80)) : big(UInt16(80)) + big(client)
        let tcp = ports + big(sequence) + big(acknowledgement) + [0x50, flags, 0xff, 0xff, 0, 0, 0, 0]
        let addresses: [UInt8] = sender == 0 ? [10, 0, 0, 1, 10, 0, 0, 2] : [10, 0, 0, 2, 10, 0, 0, 1]
        let ip = [0x45, 0] + big(UInt16(40 + length)) + [0, 7, 0, 0, 64, 6, 0, 0] + addresses
        return ip + tcp + (0..<length).map { UInt8(truncatingIfNeeded: sequence &+ UInt32($0)) }
    }
}
