/// Percent-encoding (RFC 3986, section 2.1).
package enum Percent {
    /// Encodes everything but letters, digits and `-._~`, and `/` where it is kept.
    package static func encode(_ text: some StringProtocol, keepingSlash: Bool = false) -> String {
        escape(text.utf8) { isUnreserved($0) || (keepingSlash && $0 == UInt8(ascii: "/")) }
    }

    /// `name=value&…`, as forms and queries have it.
    package static func form(_ fields: [(name: String, value: String)]) -> String {
        fields.map { "\(encode($0.name))=\(encode($0.value))" }.joined(separator: "&")
    }

    /// Encodes what may stand in no URL and leaves the rest alone.
    static func repair(_ text: Substring) -> String {
        escape(text.utf8) { 0x21...0x7e ~= $0 && !"\"<>\\^`{|}".utf8.contains($0) }
    }

    /// The text behind the escapes; what is no valid escape stays as it is.
    package static func decode(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        let encoded = Array(text.utf8)
        var i = 0
        while i < encoded.count {
            if encoded[i] == UInt8(ascii: "%"), i + 2 < encoded.count,
                let byte = UInt8(String(decoding: encoded[i + 1...i + 2], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                i += 3
            } else {
                bytes.append(encoded[i])
                i += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func isHostByte(_ byte: UInt8) -> Bool { isUnreserved(byte) || "[]:%".utf8.contains(byte) }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39,
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func escape(_ bytes: some Sequence<UInt8>, unless isKept: (UInt8) -> Bool) -> String {
        var escaped: [UInt8] = []
        for byte in bytes {
            if isKept(byte) {
                escaped.append(byte)
            } else {
                escaped += [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    private static let hexDigits = Array("0123456789ABCDEF".utf8)
}
