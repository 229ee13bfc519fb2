internal import HTTPServer

/// The desired set, and the pushes that lead to it, each encoded once however many workers get it.
struct EncodedPushes: Sendable {
    private struct Key: Hashable {
        let base: String?
        let nonce: String
    }

    /// What workers are to hold; nil: the hub does not know yet.
    private(set) var desired: FleetSet?
    /// Counts the sets.
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

    /// The line that makes `base` the desired set.
    mutating func piece(from base: FleetManifest?, nonce: String) -> HTTPBodyPiece? {
        guard let desired else { return nil }
        let key = Key(base: base?.revision, nonce: nonce)
        if let piece = pieces[key] { return piece }
        encodings += 1
        let piece = HTTPBodyPiece(HubMessage.push(FleetPush(from: base, to: desired, nonce: nonce)).line)
        if pieces.count >= Self.limit { pieces.removeAll() }
        pieces[key] = piece
        return piece
    }
}
