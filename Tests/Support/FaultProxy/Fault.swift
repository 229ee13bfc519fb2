/// Something that goes wrong on a connection through a ``FaultProxy``.
///
/// Faults add up: a connection can be sliced, delayed and cut at once. A second fault of the same kind replaces the
/// first, except for ``flipByte(at:)``, of which each counts.
package enum Fault: Sendable, Hashable {
    /// Forwards nothing, and neither FIN nor RST, until ``FaultProxy/heal(_:)``; nothing is lost meanwhile. With
    /// ``Direction/both`` this is a half-open connection: both ends believe that it lives.
    case freeze

    /// Takes what comes and throws it away, for the rest of the connection's life: healing would not bring the lost
    /// bytes back. A new connection that is a black hole both ways is accepted and never reaches the upstream.
    case blackhole

    /// Ends the connection with RST after exactly so many further bytes.
    case reset(afterBytes: Int)

    /// Ends the connection with a clean FIN after exactly so many further bytes, be it in the middle of a message.
    case close(afterBytes: Int)

    /// Forwards in writes of at most so many bytes, each sent at once.
    case slice(to: Int)

    /// Forwards each byte so much later than it came, in order.
    case delay(Duration)

    /// Forwards at most so many bytes a second.
    case throttle(bytesPerSecond: Int)

    /// Inverts all bits of the byte that is so many bytes ahead; 0 is the next one.
    case flipByte(at: Int)

    /// The direction that is meant when none is given: both for what is about a connection, toward the client for what
    /// is about a stream of bytes.
    package var usualDirection: Direction {
        switch self {
        case .freeze, .blackhole: .both
        case .reset, .close, .slice, .delay, .throttle, .flipByte: .toClient
        }
    }
}

/// The way that bytes take through a ``FaultProxy``.
package enum Direction: Sendable, Hashable, CaseIterable {
    /// From the upstream to the client.
    case toClient
    /// From the client to the upstream.
    case toServer
    /// Either way; limits in bytes count for each way on its own.
    case both
}

/// The connections that a fault is for.
package enum Scope: Sendable, Hashable, CaseIterable {
    /// Those that are open now.
    case existing
    /// Those accepted from now on.
    case new
    /// Those that are open and those to come.
    case all
}
