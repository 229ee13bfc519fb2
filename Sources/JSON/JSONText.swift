internal import Glibc

/// Scalars between their JSON text and Swift's values.
enum JSONText {
    /// The string whose text (without quotes) begins at `start`.
    static func string(_ start: UnsafePointer<UInt8>, _ count: Int, isEscaped: Bool) -> String {
        let text = UnsafeBufferPointer(start: start, count: count)
        return isEscaped ? unescaped(text) : String(decoding: text, as: UTF8.self)
    }

    /// The value of an integer's text; nil if it has a fraction, an exponent, or more than 64 bits.
    static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isNegative = text.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in text.dropFirst(isNegative ? 1 : 0) {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, overflow1) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.subtractingReportingOverflow(Int64(digit))
            if overflow1 || overflow2 { return nil }
            value = sum
        }
        // Accumulated as a negative number, so that the smallest one fits.
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    /// The value of a number's text, kept finite: infinity could not be written back as JSON.
    static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double {
        // The grammar was checked by the reader, so this cannot fail.
        let value = Double(String(decoding: text, as: UTF8.self)) ?? 0
        return min(max(value, -.greatestFiniteMagnitude), .greatestFiniteMagnitude)
    }

    static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// Resolves escapes; a lone surrogate becomes U+FFFD. The escapes were checked by the reader.
    private static func unescaped(_ text: UnsafeBufferPointer<UInt8>) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var i = 0
        while i < text.count {
            let byte = text[i]
            guard byte == UInt8(ascii: "\\"), i + 1 < text.count else {
                bytes.append(byte)
                i += 1
                continue
            }
            switch text[i + 1] {
            case UInt8(ascii: "n"): bytes.append(0x0a)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "r"): bytes.append(0x0d)
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0c)
            case UInt8(ascii: "u"):
                var code = codeUnit(text, i + 2)
                i += 4
                if 0xd800..<0xdc00 ~= code, i + 3 < text.count, text[i + 2] == UInt8(ascii: "\\"),
                    text[i + 3] == UInt8(ascii: "u")
                {
                    let low = codeUnit(text, i + 4)
                    if 0xdc00..<0xe000 ~= low {
                        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
                        i += 6
                    }
                }
                bytes.append(contentsOf: String(Unicode.Scalar(code) ?? "\u{fffd}").utf8)
            default: bytes.append(text[i + 1])
            }
            i += 2
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func codeUnit(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt32 {
        var code: UInt32 = 0
        for i in start..<min(start + 4, text.count) { code = code << 4 | (hexDigit(text[i]) ?? 0) }
        return code
    }
}
