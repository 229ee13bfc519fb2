/// All that is kept of a flow: a fixed record, without references.
struct FlowRecord {
    var key: FlowKey
    var serial: UInt64
    var firstTime: Int64
    var lastTime: Int64
    var slot: UInt32
    var hash: UInt32
    /// The sequence number of a SYN that may begin a new connection with the same ports.
    var pendingSYN: UInt32 = 0
    var flags: Flags
    /// What the lower endpoint sends, and what the higher one sends.
    var fromLow = StreamHalf()
    var fromHigh = StreamHalf()

    struct Flags: OptionSet {
        var rawValue: UInt16
        /// The lower endpoint is the client.
        static let clientIsLow = Flags(rawValue: 1)
        /// Which side is the client was guessed.
        static let clientIsGuess = Flags(rawValue: 2)
        /// The first packet was no SYN.
        static let startedMidStream = Flags(rawValue: 4)
        /// The consumer was told the end; the record stays for a while to recognise stragglers.
        static let isClosed = Flags(rawValue: 8)
        /// ``pendingSYN`` is valid.
        static let hasPendingSYN = Flags(rawValue: 32)
        /// The pending SYN came from the lower endpoint.
        static let pendingSYNFromLow = Flags(rawValue: 64)
        static let isTCP = Flags(rawValue: 128)
    }

    @inline(__always) func direction(fromLow: Bool) -> FlowDirection {
        fromLow == flags.contains(.clientIsLow) ? .toServer : .toClient
    }
}

/// One direction of a flow.
struct StreamHalf {
    /// The sequence number of the next byte to deliver.
    var next: UInt32 = 0
    /// The sequence number of the SYN, seen or not: one before the first byte.
    var initial: UInt32 = 0
    /// The highest acknowledgement that the receiver has sent.
    var acknowledged: UInt32 = 0
    /// The sequence number after the last byte.
    var fin: UInt32 = 0
    /// Segments that came out of order: a list in the pool, sorted, without overlaps. -1 for none.
    var head: Int32 = -1
    var tail: Int32 = -1
    var heldBytes: UInt32 = 0
    /// The last gap, so that bytes which come for it after all are recognised.
    var gapStart: UInt32 = 0
    var gapEnd: UInt32 = 0
    var flags: Flags = []
    /// Packets of the flow since the receiver acknowledged what was not seen.
    var packetsSinceAcknowledged: UInt16 = 0
    /// Since when the bytes before the held ones are waited for.
    var waitingSince: Int64 = 0
    var packets: UInt64 = 0
    /// Captured payload bytes.
    var bytes: UInt64 = 0

    struct Flags: OptionSet {
        var rawValue: UInt16
        /// `next` is valid.
        static let isSynchronized = Flags(rawValue: 1)
        static let hasSYN = Flags(rawValue: 2)
        /// `acknowledged` is valid.
        static let hasAcknowledged = Flags(rawValue: 4)
        /// `fin` is valid.
        static let hasFIN = Flags(rawValue: 8)
        /// The consumer was told that this direction is finished.
        static let isFinished = Flags(rawValue: 16)
        /// A zero window was announced by this side at least once.
        static let announcedZeroWindow = Flags(rawValue: 32)
        /// This side sent the RST that ended the connection.
        static let sentReset = Flags(rawValue: 64)
    }

    @inline(__always) var isHolding: Bool { head >= 0 }

    /// What was acknowledged has come, nothing is held, and its end is not known: there is nothing to decide.
    @inline(__always) var isPlain: Bool {
        !isHolding && !flags.contains(.hasFIN) && packetsSinceAcknowledged == 0
            && (!flags.contains(.hasAcknowledged) || next.distance(toSequence: acknowledged) <= 0)
    }

    /// The receiver has acknowledged what was never seen.
    @inline(__always) var lacksAcknowledged: Bool {
        flags.contains(.hasAcknowledged) && next.distance(toSequence: acknowledged) > 0 && !lacksOnlyFIN
    }

    /// All that was acknowledged and not seen may be a FIN, which counts as one byte.
    var lacksOnlyFIN: Bool {
        !isHolding && next.distance(toSequence: acknowledged) == 1 || flags.contains(.hasFIN) && next == fin
    }

    /// Begins where `sequence` is, if it has not begun.
    @inline(__always) mutating func synchronize(at sequence: UInt32) {
        guard !flags.contains(.isSynchronized) else { return }
        flags.insert(.isSynchronized)
        initial = sequence &- 1
        next = sequence
    }
}

extension UnsafeMutablePointer<FlowRecord> {
    /// What one endpoint sends, in its place.
    @inline(__always) func half(fromLow: Bool) -> UnsafeMutablePointer<StreamHalf> {
        // Stored properties have a place, so neither is nil.
        (fromLow ? pointer(to: \.fromLow) : pointer(to: \.fromHigh)).unsafelyUnwrapped
    }
}

extension UInt32 {
    /// How far a sequence number lies ahead of this one, which counts on from 0 behind the last (RFC 9293, 3.4).
    @inline(__always) func distance(toSequence other: UInt32) -> Int { Int(Int32(bitPattern: other &- self)) }
}
