/// What is told about flows: implement it to dissect protocols.
///
/// For one flow the calls come in this order, all on the thread that calls ``FlowTracker/process(_:number:consumer:)``:
///
/// ```
/// begin → (observe | deliver | gap)* → finish (TCP, once a direction, after its last byte) → … → end
/// ```
///
/// - TCP: `deliver` has the bytes of one direction in order, each byte at most once, in pieces of any size (a piece is
///   what one packet brought, not a message). Bytes that will never come are announced by `gap`, at their place in the
///   stream. Which direction is told first is the order of the packets, as far as that says anything.
/// - UDP, ICMP and others: one `deliver` per datagram, whole; a datagram that the snap length cut is followed by `gap`
///   with the bytes that are missing at its end. Which side is the client is a guess: whoever was seen first, or the
///   one with the higher port.
/// - State of one's own belongs into a table of ``FlowTracker/capacity`` entries, indexed by ``Flow/slot``: a slot
///   belongs to one flow from `begin` to `end`.
///
/// `bytes` and `flow` are valid during the call only. The calls must not wait. The tracker is generic over its
/// consumer; all that crosses are plain values, so that a call costs as much as one through a function pointer.
package protocol FlowConsumer: ~Copyable {
    /// A flow was seen for the first time (its first packet is about to be told).
    mutating func begin(_ flow: Flow)

    /// A packet of a flow came: as it is, before anything that follows from it. Fragments come when they are whole.
    mutating func observe(_ packet: PacketHeader, of flow: Flow)

    /// The next bytes of one direction.
    mutating func deliver(
        _ bytes: UnsafeRawBufferPointer, of flow: Flow, _ direction: FlowDirection, from packet: PacketStamp)

    /// Here `byteCount` bytes (at least 1) of one direction are missing and will not come.
    mutating func gap(
        _ byteCount: Int, in flow: Flow, _ direction: FlowDirection, because reason: GapReason, at packet: PacketStamp)

    /// One direction of a TCP connection is complete: its sender has sent FIN, and all before was delivered or a gap.
    mutating func finish(_ flow: Flow, _ direction: FlowDirection, at packet: PacketStamp)

    /// The flow is over; its slot is free afterwards.
    mutating func end(_ flow: Flow, because reason: FlowEnd, at time: Int64)
}

extension FlowConsumer where Self: ~Copyable {
    /// Most want what packets bring, and not the packets.
    package mutating func observe(_ packet: PacketHeader, of flow: Flow) {}
}

/// Which packet brought something.
package struct PacketStamp: Equatable, Sendable {
    /// When it was captured, in nanoseconds since 1970-01-01T00:00:00Z.
    package var time: Int64
    /// Its number in the source; see ``PacketHeader/number``.
    package var number: UInt64

    /// Names a packet.
    package init(time: Int64, number: UInt64) {
        self.time = time
        self.number = number
    }
}

/// Which way bytes go.
package enum FlowDirection: UInt8, Sendable, CaseIterable {
    /// From client to server: requests.
    case toServer
    /// From server to client: responses.
    case toClient

    /// The other way.
    package var opposite: FlowDirection { self == .toServer ? .toClient : .toServer }
}

/// Why bytes will not come.
package enum GapReason: UInt8, Sendable, CaseIterable {
    /// The receiver acknowledged them, so they were sent, but not captured.
    case peerAcknowledged
    /// They did not come in time.
    case timeout
    /// Too much has come out of order after them.
    case limit
    /// They were longer than the snap length.
    case snapLength
    /// Only one direction is captured, so nobody can say when they were acknowledged; they did not come soon.
    case oneSided
    /// The flow is over.
    case ended
}

/// Why a flow is over.
package enum FlowEnd: UInt8, Sendable, CaseIterable {
    /// Both sides sent FIN.
    case finished
    /// One side sent RST.
    case reset
    /// Nothing was seen of it for a time.
    case timeout
    /// Its place was needed for another.
    case evicted
    /// A new connection began with the same addresses and ports.
    case replaced
    /// The source has no more packets.
    case sourceEnded
}
