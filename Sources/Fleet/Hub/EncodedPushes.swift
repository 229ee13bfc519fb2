internal import HTTPServer

/// The newest set and the one that went out to all before it, and the pushes that lead to them, each encoded once however
/// many workers get it.
struct EncodedPushes: Sendable {
    private struct Key: Hashable {
        let base: String?
        let target: String
        let nonce: String
    }

    /// What workers are to hold; nil: the hub does not know yet.
    private(set) var desired: FleetSet?
    /// What went out to all before; nil: not known.
    private(set) var former: FleetSet?
    /// Counts the sets, and what is wanted anew of one that was wanted before.
    private(set) var number = 0
    /// When the desired set was wanted first.
    private(set) var since: ContinuousClock.Instant?
    private var pieces: [Key: HTTPBodyPiece] = [:]
    /// Pushes that were encoded, for those who doubt it.
    private(set) var encodings = 0

    /// Workers of more different sets are rare, and each then costs an encoding.
    private static let limit = 16

    /// Another set; false if it is the same.
    mutating func want(_ set: FleetSet, at time: ContinuousClock.Instant) -> Bool {
        guard set.revision != desired?.revision else { return false }
        desired = set
        number += 1
        since = time
        pieces.removeAll()
        return true
    }

    /// The desired set went out to all, or `set` did in an earlier life of the hub.
    mutating func accept(_ set: FleetSet? = nil) { former = set ?? desired }

    /// Answers to pushes of before must not be taken for answers to those that follow.
    mutating func wantAnew() { number += 1 }

    /// The line that makes a set out of `base`.
    mutating func piece(from base: FleetManifest?, to target: FleetSet, nonce: String) -> HTTPBodyPiece {
        let key = Key(base: base?.revision, target: target.revision, nonce: nonce)
        if let piece = pieces[key] { return piece }
        encodings += 1
        let piece = HTTPBodyPiece(HubMessage.push(FleetPush(from: base, to: target, nonce: nonce)).line)
        if pieces.count >= Self.limit { pieces.removeAll() }
        pieces[key] = piece
        return piece
    }
}
