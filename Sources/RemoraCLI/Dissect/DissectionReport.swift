internal import Dissection
internal import PacketCapture

/// How much was read, and when.
struct PacketTotals {
    private(set) var packets = 0
    private(set) var bytes = 0
    private(set) var firstTime: Int64?
    private(set) var lastTime: Int64 = 0

    mutating func note(_ packet: CapturedPacket) {
        packets += 1
        bytes += packet.bytes.count
        firstTime = min(firstTime ?? packet.time, packet.time)
        lastTime = max(lastTime, packet.time)
    }
}

/// What became of a capture, in lines: what was read, what it held, and everything that was lost on the way.
struct DissectionReport {
    let lines: [String]

    init(
        _ packets: PacketTotals, _ flows: FlowCounters, _ dissection: DissectionCounters, _ items: ItemPrinter.Totals
    ) {
        var lines = [Self.read(packets, flows), Self.made(dissection, items)]
        let lost = Self.lost(flows, dissection)
        lines.append(lost.isEmpty ? "nothing was lost" : "lost: " + lost.joined(separator: "; "))
        let passed = Self.passedOver(flows, dissection)
        if !passed.isEmpty { lines.append("passed over: " + passed.joined(separator: "; ")) }
        self.lines = lines
    }

    private static func read(_ packets: PacketTotals, _ flows: FlowCounters) -> String {
        var text = "\(packets.packets) packets, \(packets.bytes) bytes, \(flows.flowsBegun) flows"
        if let first = packets.firstTime, packets.packets > 1 {
            text += ", within \(CellText.duration(packets.lastTime - first))"
        }
        return text
    }

    private static func made(_ dissection: DissectionCounters, _ items: ItemPrinter.Totals) -> String {
        let kinds = items.protocols.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
        var text = "\(items.items) items" + (kinds.isEmpty ? "" : ": " + kinds.joined(separator: ", "))
        var halves: [String] = []
        for (what, counts) in [
            ("without response", dissection.requestOnly), ("without request", dissection.responseOnly),
        ] {
            for reason in MissingReason.allCases where counts[reason] > 0 {
                halves.append("\(counts[reason]) \(what) (\(reason.words))")
            }
        }
        if !halves.isEmpty { text += "; " + halves.joined(separator: ", ") }
        if items.hasFilter { text += "; printed: \(items.printed)" }
        return text
    }

    /// What should have been read and was not.
    private static func lost(_ flows: FlowCounters, _ dissection: DissectionCounters) -> [String] {
        var lost: [String] = []
        func note(_ count: some BinaryInteger, _ text: String) { if count > 0 { lost.append("\(count) \(text)") } }
        for reason in UndecodableReason.allCases where reason != .notIP {
            note(flows.undecodable[reason], "packets \(reason.words)")
        }
        for reason in GapReason.allCases where flows.gaps[reason] > 0 {
            lost.append("\(flows.gapBytes[reason]) bytes in \(flows.gaps[reason]) gaps (\(reason.words))")
        }
        note(flows.overlapConflict, "bytes that contradicted earlier ones")
        note(flows.evictedOutOfOrder, "bytes out of order without room")
        note(flows.afterGap, "bytes too late")
        note(flows.fragmentsRefused, "fragments refused")
        note(flows.datagramsTimedOut, "datagrams with missing fragments")
        note(flows.datagramsEvicted, "fragmented datagrams without room")
        note(flows.flowsEnded[.evicted], "flows without room")
        for (name, count) in dissection.parseErrors.sorted(by: { $0.key < $1.key }) {
            note(count, "places that make no sense (\(name))")
        }
        return lost
    }

    /// What nobody wanted to read.
    private static func passedOver(_ flows: FlowCounters, _ dissection: DissectionCounters) -> [String] {
        var passed: [String] = []
        func note(_ count: some BinaryInteger, _ text: String) { if count > 0 { passed.append("\(count) \(text)") } }
        note(flows.undecodable[.notIP], "packets \(UndecodableReason.notIP.words)")
        note(flows.duplicate, "bytes sent again")
        note(flows.afterEnd, "bytes behind an end")
        note(flows.invalidResets, "resets out of place")
        note(dissection.unknownStreams, "flows of unknown protocols")
        note(dissection.skippedBytes, "bytes that no dissector reads")
        return passed
    }
}

extension MissingReason {
    fileprivate var words: String {
        switch self {
        case .gap: "lost in the capture"
        case .end: "the connection ended"
        case .timeout: "not in time"
        case .limit: "too many waited"
        case .notSeen: "not captured"
        }
    }
}

extension UndecodableReason {
    fileprivate var words: String {
        switch self {
        case .none: "that are odd"
        case .linkType: "of an unknown link type"
        case .notIP: "that are no IP"
        case .truncated: "cut within a header"
        case .malformed: "with a header that contradicts itself"
        case .tooDeep: "with too many headers"
        }
    }
}

extension GapReason {
    fileprivate var words: String {
        switch self {
        case .peerAcknowledged: "acknowledged, but not captured"
        case .timeout: "they did not come in time"
        case .limit: "too much came after them"
        case .snapLength: "cut by the snap length"
        case .oneSided: "not captured, and one direction only is seen"
        case .ended: "the flow ended before"
        }
    }
}
