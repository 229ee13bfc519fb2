/// Decodes `%41` to `A` (RFC 3986, section 2.1).
enum PercentEncoding {
    /// The text behind the escapes; what is no valid escape stays as it is, what is no UTF-8 becomes U+FFFD.
    static func decode(_ text: some Sequence<UInt8>, plusIsSpace: Bool) -> String {
        let encoded = Array(text)
        var decoded: [UInt8] = []
        decoded.reserveCapacity(encoded.count)
        var i = 0
        while i < encoded.count {
            if encoded[i] == UInt8(ascii: "%"), i + 2 < encoded.count,
                let high = hexDigit(encoded[i + 1]), let low = hexDigit(encoded[i + 2])
            {
                decoded.append(high << 4 | low)
                i += 3
                continue
            }
            decoded.append(plusIsSpace && encoded[i] == UInt8(ascii: "+") ? UInt8(ascii: " ") : encoded[i])
            i += 1
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
