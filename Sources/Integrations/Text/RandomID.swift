/// Random names.
package enum RandomID {
    /// A UUID of version 4 (RFC 9562, section 5.4).
    package static func uuid() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let hex = Digest.hex(bytes)
        let cuts = [0, 8, 12, 16, 20, 32]
        return zip(cuts, cuts.dropFirst()).map { start, end in
            hex.dropFirst(start).prefix(end - start)
        }.joined(separator: "-")
    }
}
