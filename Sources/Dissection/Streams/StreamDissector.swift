/// Reads one protocol on one TCP connection: bytes in, in order and in any cuts; items out.
///
/// One file implements it for one protocol; `docs/dissection.md` says how to add one. An implementation is used by one
/// thread, keeps a bounded amount of memory whatever comes in, never traps, and lets go of bytes that it was given
/// before it returns.
package protocol StreamDissector: AnyObject, SendableMetatype {
    /// The setting's name in `ENABLED_DISSECTORS` and `PORT_MAPPING`.
    static var name: String { get }
    /// The ports on which the protocol usually lives: they decide where the bytes leave a doubt.
    static var ports: [UInt16] { get }

    /// Whether bytes with which one side begins to speak are of this protocol.
    ///
    /// - Parameters:
    ///   - bytes: what the side said first; more may follow.
    ///   - sender: the side that the connection's ports and handshake suggest.
    static func recognize(_ bytes: UnsafeRawBufferPointer, from sender: Side) -> Recognition

    init(_ context: StreamContext, _ settings: DissectionSettings)

    /// The next bytes of one side.
    func receive(
        _ bytes: UnsafeRawBufferPointer, from side: Side, at time: Int64, into sink: ItemSink
    ) -> StreamOutcome

    /// Bytes of one side were not captured.
    func skip(_ count: Int, from side: Side, at time: Int64, into sink: ItemSink)

    /// Gives up what has waited for its other half since before `time`. It may still come: nothing else may be taken
    /// for it.
    func expire(before time: Int64, into sink: ItemSink)

    /// One side says no more (FIN).
    func end(_ side: Side, at time: Int64, into sink: ItemSink)

    /// The connection is over, or forgotten: whatever waits for its other half goes out now.
    func finish(_ reason: MissingReason, at time: Int64, into sink: ItemSink)
}

/// How sure a dissector is.
package enum Recognition: Sendable, Equatable {
    case no
    /// The bytes begin as the protocol does, but are too few to say.
    case needsMore
    /// They may be, said by this side: a known port or the other side's bytes must confirm it.
    case possible(Side)
    /// They are, said by this side.
    case certain(Side)
}

/// What follows on the bytes that a dissector was given.
package enum StreamOutcome: Sendable, Equatable {
    /// More of the same protocol.
    case goesOn
    /// Another protocol, which is yet to be recognized, from this many bytes on (CONNECT).
    case changesProtocol(consumed: Int)
    /// Nothing that can be read (an upgrade, encryption).
    case isOpaque
}
