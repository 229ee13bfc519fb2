/// Segments to be copied, of which at most half of the ring is claimed at a time, oldest first.
struct PinnedSegments: ~Copyable {
    private let ring: SegmentRing
    let segments: [RingSegment]
    private(set) var packetsMissed: UInt64 = 0
    /// The segments before this one are claimed, copied or gone.
    private var claimedUpTo = 0
    private var claimed: [RingSegment] = []
    private var handedOut = 0

    init(_ ring: SegmentRing, _ segments: [RingSegment]) {
        self.ring = ring
        self.segments = segments
        claimMore()
    }

    deinit { for segment in claimed { ring.release(segment.slot) } }

    /// Whether the segments follow each other in time, and the packets in each.
    var areSorted: Bool {
        segments.allSatisfy { !$0.isUnsorted }
            && zip(segments, segments.dropFirst()).allSatisfy { $0.lastTime <= $1.firstTime }
    }

    private mutating func claimMore() {
        while claimed.count < ring.settings.pinLimit, claimedUpTo < segments.count {
            let segment = segments[claimedUpTo]
            claimedUpTo += 1
            if ring.claim(segment.slot, sequence: segment.sequence) {
                claimed.append(segment)
            } else {
                packetsMissed += segment.packets
            }
        }
    }

    /// The next segment to copy; to be released afterwards.
    mutating func next() -> RingSegment? {
        guard handedOut < claimed.count else { return nil }
        defer { handedOut += 1 }
        return claimed[handedOut]
    }

    /// All that can be claimed together.
    mutating func nextGroup() -> [RingSegment]? {
        var group: [RingSegment] = []
        while let segment = next() { group.append(segment) }
        return group.isEmpty ? nil : group
    }

    mutating func release(_ segment: RingSegment) {
        guard let place = claimed.firstIndex(of: segment) else { return }
        claimed.remove(at: place)
        handedOut -= 1
        ring.release(segment.slot)
        claimMore()
    }
}

extension SegmentRing {
    /// Calls `body` with each packet of a segment that is claimed.
    func forEachPacket(
        of segment: RingSegment, _ parser: inout CaptureFileParser, _ body: (CapturedPacket) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: CapturedPacket.self, capacity: 256) { packets in
            parser.beginSection()
            var offset = 0
            while let progress = try? parser.parse(
                UnsafeRawBufferPointer(start: self.segment(segment.slot) + offset, count: segment.committed - offset),
                into: packets)
            {
                for packet in packets[..<progress.packets] { body(packet) }
                offset += progress.consumed
                if progress.needed > 0 { break }
            }
        }
    }

    /// Calls `body` with the packets whose blocks begin at `offsets`, in a segment that is claimed.
    func forPackets(
        at offsets: some Sequence<Int>, of segment: RingSegment, _ parser: inout CaptureFileParser,
        _ body: (CapturedPacket) -> Void
    ) {
        let base = self.segment(segment.slot)
        withUnsafeTemporaryAllocation(of: CapturedPacket.self, capacity: 1) { packets in
            parser.beginSection()
            // Reads the interfaces, which come before the first packet.
            _ = try? parser.parse(UnsafeRawBufferPointer(start: base, count: segment.committed), into: packets)
            for offset in offsets where offset < segment.committed {
                let rest = UnsafeRawBufferPointer(start: base + offset, count: segment.committed - offset)
                if let progress = try? parser.parse(rest, into: packets), progress.packets == 1 { body(packets[0]) }
            }
        }
    }

    /// A parser that knows the interfaces of some segments, claimed or not, and will number them in this order.
    func parser(knowing segments: [RingSegment]) -> CaptureFileParser {
        var parser = CaptureFileParser()
        for segment in segments where claim(segment.slot, sequence: segment.sequence) {
            forPackets(at: [], of: segment, &parser) { _ in }
            release(segment.slot)
        }
        return parser
    }
}
