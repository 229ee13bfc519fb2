/// Where packets and bytes went: each is in exactly one place. Never reset.
package struct FlowCounters: Sendable, Equatable {
    /// Packets given to the tracker.
    package var packets: UInt64 = 0
    /// Packets by what they are; see ``PacketKind``.
    package var kinds = CountersByCase<PacketKind>()
    /// Undecodable packets by reason.
    package var undecodable = CountersByCase<UndecodableReason>()

    /// Payload of TCP segments, as captured, those from reassembled fragments included.
    package var tcpPayloadBytes: UInt64 = 0
    /// … of which: told to the consumer.
    package var delivered: UInt64 = 0
    /// … had come before.
    package var duplicate: UInt64 = 0
    /// … had come before, with other bytes. The first ones were kept.
    package var overlapConflict: UInt64 = 0
    /// … came out of order when there was no room to hold them, or too far ahead for that: by nearly 2 GB.
    package var evictedOutOfOrder: UInt64 = 0
    /// … came after they had been declared missing.
    package var afterGap: UInt64 = 0
    /// … came after the end of their stream.
    package var afterEnd: UInt64 = 0
    /// … are held at present, waiting for bytes before them.
    package var held: UInt64 = 0

    /// Gaps told, by reason.
    package var gaps = CountersByCase<GapReason>()
    /// Bytes that those gaps lack.
    package var gapBytes = CountersByCase<GapReason>()
    /// RSTs that were ignored because their sequence number was outside of the window.
    package var invalidResets: UInt64 = 0

    /// Flows begun.
    package var flowsBegun: UInt64 = 0
    /// Flows ended, by reason.
    package var flowsEnded = CountersByCase<FlowEnd>()
    /// Flows at present.
    package var flowsOpen: UInt64 = 0

    /// Fragments that became part of a datagram or were repetitions in one.
    package var fragmentsUsed: UInt64 = 0
    /// Fragments that contradict themselves or others, or that the snap length cut.
    package var fragmentsRefused: UInt64 = 0
    /// Datagrams put together.
    package var datagramsReassembled: UInt64 = 0
    /// Datagrams given up because fragments were missing for too long.
    package var datagramsTimedOut: UInt64 = 0
    /// Datagrams given up to make room for others.
    package var datagramsEvicted: UInt64 = 0

    /// All zero.
    package init() {}

    /// Bytes that their receiver acknowledged although they were never captured: loss that no kernel counter knows of.
    package var inferredLossBytes: UInt64 { gapBytes[.peerAcknowledged] }

    /// The identities that do not hold, in words; empty if nothing was lost without being counted.
    package var violations: [String] {
        var result: [String] = []
        func check(_ a: UInt64, _ b: UInt64, _ name: String) {
            if a != b { result.append("\(name): \(a) != \(b)") }
        }
        check(packets, kinds.total, "packets = sum of kinds")
        check(kinds[.undecodable], undecodable.total, "undecodable = sum of reasons")
        check(
            tcpPayloadBytes,
            delivered + duplicate + overlapConflict + evictedOutOfOrder + afterGap + afterEnd + held,
            "tcp payload = delivered + duplicate + conflict + evicted + after gap + after end + held")
        check(flowsBegun, flowsEnded.total + flowsOpen, "flows begun = ended + open")
        check(kinds[.fragment], fragmentsUsed + fragmentsRefused, "fragments = used + refused")
        return result
    }
}

/// A counter for each case of an enum, without allocation for up to eight.
package struct CountersByCase<Case: RawRepresentable & CaseIterable & Sendable>: Sendable, Equatable
where Case.RawValue == UInt8 {
    private var values: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)

    init() { precondition(Case.allCases.count <= 8, "there is room for eight counters") }

    package internal(set) subscript(_ which: Case) -> UInt64 {
        get {
            withUnsafeBytes(of: values) { $0.loadUnaligned(fromByteOffset: Int(which.rawValue) * 8, as: UInt64.self) }
        }
        set {
            withUnsafeMutableBytes(of: &values) {
                $0.storeBytes(of: newValue, toByteOffset: Int(which.rawValue) * 8, as: UInt64.self)
            }
        }
    }

    /// All together.
    package var total: UInt64 { Case.allCases.reduce(0) { $0 + self[$1] } }

    package static func == (a: Self, b: Self) -> Bool { Case.allCases.allSatisfy { a[$0] == b[$0] } }
}
