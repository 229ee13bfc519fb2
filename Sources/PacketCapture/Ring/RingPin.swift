/// Segments that are kept from being reused, as long as this lives: made in microseconds, copied from later.
///
/// What was in the window when it was pinned stays readable; at most half of a ring can be pinned, by all pins together.
package struct RingPin: ~Copyable {
    let ring: SegmentRing
    let window: ClosedRange<Int64>
    /// Oldest first.
    let segments: [RingSegment]

    /// The packets in the pinned segments (some of them perhaps outside of the window).
    package var packets: UInt64 { segments.reduce(0) { $0 + $1.packets } }

    fileprivate init(_ ring: SegmentRing, window: ClosedRange<Int64>) throws(RingError) {
        self.ring = ring
        self.window = window
        let wanted = ring.segments().filter { $0.overlaps(window) }
        try ring.reservePins(wanted.map(\.sequence))
        var claimed: [RingSegment] = []
        for segment in wanted {
            if ring.claim(segment.slot, sequence: segment.sequence) {
                claimed.append(segment)
            } else {
                ring.returnPins([segment.sequence])
            }
        }
        segments = claimed
    }

    deinit {
        for segment in segments { ring.release(segment.slot) }
        ring.returnPins(segments.map(\.sequence))
    }
}

extension SegmentRing {
    /// Keeps what was captured between two moments (nanoseconds since 1970) from being overwritten.
    ///
    /// Throws ``RingError/pinTooLarge(segments:limit:)`` if more than half of the ring would be pinned.
    package func pin(_ window: ClosedRange<Int64>) throws(RingError) -> RingPin {
        try RingPin(self, window: window)
    }
}
