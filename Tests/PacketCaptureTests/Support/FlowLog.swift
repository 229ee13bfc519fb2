import PacketCapture

/// Writes down what a tracker tells, a line a call: `> abc` are bytes to the server, `< abc` to the client.
struct FlowLog: FlowConsumer {
    var lines: [String] = []
    /// Whether lines begin with the flow's number.
    var namesFlows = false
    /// Flows by slot, to check that a slot belongs to one flow at a time.
    private var open: [Int: UInt64] = [:]

    init(namesFlows: Bool = false) { self.namesFlows = namesFlows }

    private mutating func note(_ flow: Flow, _ text: String) {
        precondition(open[flow.slot] == flow.serial, "a call for a flow that is not open")
        lines.append(namesFlows ? "\(flow.serial) \(text)" : text)
    }

    mutating func begin(_ flow: Flow) {
        precondition(open[flow.slot] == nil, "a slot is given out twice")
        open[flow.slot] = flow.serial
        note(flow, "begin \(flow.client) → \(flow.server)\(flow.startedMidStream ? " mid-stream" : "")")
    }

    mutating func deliver(
        _ bytes: UnsafeRawBufferPointer, of flow: Flow, _ direction: FlowDirection, from packet: PacketStamp
    ) {
        note(flow, "\(arrow(direction)) \(String(decoding: bytes, as: UTF8.self))")
    }

    mutating func gap(
        _ byteCount: Int, in flow: Flow, _ direction: FlowDirection, because reason: GapReason, at packet: PacketStamp
    ) {
        precondition(byteCount > 0, "an empty gap")
        note(flow, "\(arrow(direction)) gap \(byteCount) \(reason)")
    }

    mutating func finish(_ flow: Flow, _ direction: FlowDirection, at packet: PacketStamp) {
        note(flow, "\(arrow(direction)) fin")
    }

    mutating func end(_ flow: Flow, because reason: FlowEnd, at time: Int64) {
        note(flow, "end \(reason)")
        open[flow.slot] = nil
    }

    private func arrow(_ direction: FlowDirection) -> String { direction == .toServer ? ">" : "<" }
}

/// A connection between `10.0.0.1:1000` and `10.0.0.2:80`, packet by packet, a millisecond apart.
final class Conversation {
    private var tracker: FlowTracker
    private var log = FlowLog()
    private var number: UInt64 = 0
    var now: Int64 = 1_000_000_000

    init(limits: FlowLimits = .init()) { tracker = FlowTracker(limits: limits) }

    /// What was told since the last time this was asked for.
    var told: [String] {
        defer { log.lines = [] }
        return log.lines
    }
    var counters: FlowCounters { tracker.counters }

    func client(
        _ flags: TCPFlags = .ack, _ sequence: UInt32, ack: UInt32 = 0, _ payload: String = "", captured: Int? = nil,
        port: UInt16 = 1000
    ) {
        take(
            Frame.tcp(
                port, 80, sequence: sequence, acknowledgement: ack, flags: flags, payload: Array(payload.utf8)
            ).ipv4().ethernet(), captured: captured)
    }

    func server(
        _ flags: TCPFlags = .ack, _ sequence: UInt32, ack: UInt32 = 0, _ payload: String = "", port: UInt16 = 1000
    ) {
        take(
            Frame.tcp(
                80, port, sequence: sequence, acknowledgement: ack, flags: flags, payload: Array(payload.utf8)
            ).ipv4("10.0.0.2", "10.0.0.1").ethernet())
    }

    func take(_ frame: Frame, captured: Int? = nil, interface: UInt16 = 0) {
        number += 1
        now += 1_000_000
        frame.withPacket(time: now, captured: captured, interface: interface) {
            _ = tracker.process($0, number: number, consumer: &log)
        }
    }

    /// SYN, SYN-ACK, ACK: the client's bytes begin at 101, the server's at 301.
    func handshake() {
        client(.syn, 100)
        server([.syn, .ack], 300, ack: 101)
        client(.ack, 101, ack: 301)
        _ = told
    }

    func pass(_ duration: Duration) {
        now += Int64(duration.components.seconds) * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
        tracker.advance(to: now, consumer: &log)
    }

    func finish() { tracker.finish(consumer: &log) }
}
