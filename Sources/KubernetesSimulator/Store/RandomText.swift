/// Identities that nobody can foresee.
enum RandomText {
    /// A version 4 UUID (RFC 9562).
    static func uuid() -> String {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        var text = ""
        for (i, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(i) { text.append("-") }
            text.append(hexDigits[Int(byte >> 4)])
            text.append(hexDigits[Int(byte & 15)])
        }
        return text
    }

    /// A name for an object with `generateName`: five characters are added, no vowels among them, lest words arise.
    static func generatedName(_ base: String) -> String {
        base.prefix(58) + String((0..<5).map { _ in suffixCharacters.randomElement() ?? "x" })
    }

    private static let hexDigits = Array("0123456789abcdef")
    private static let suffixCharacters = "bcdfghjklmnpqrstvwxz2456789"
}
