/// Base64 (RFC 4648 section 4), written straight into JSON: its alphabet needs no escapes.
enum Base64Text {
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    /// The text of the bytes, in quotes.
    static func quoted(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let length = (bytes.count + 2) / 3 * 4 + 2
        return [UInt8](unsafeUninitializedCapacity: length) { output, count in
            write(bytes, to: output)
            count = length
        }
    }

    private static func write(_ bytes: UnsafeBufferPointer<UInt8>, to output: UnsafeMutableBufferPointer<UInt8>) {
        let letters = alphabet.utf8Start
        var o = 1
        var i = 0
        output[0] = UInt8(ascii: "\"")
        func put(_ bits: UInt32, _ digits: Int) {
            for digit in 0..<4 {
                let letter = letters[Int(bits >> UInt32(18 - 6 * digit) & 63)]
                output[o &+ digit] = digit < digits ? letter : UInt8(ascii: "=")
            }
            o &+= 4
        }
        while i &+ 2 < bytes.count {
            put(UInt32(bytes[i]) << 16 | UInt32(bytes[i &+ 1]) << 8 | UInt32(bytes[i &+ 2]), 4)
            i &+= 3
        }
        switch bytes.count - i {
        case 1: put(UInt32(bytes[i]) << 16, 2)
        case 2: put(UInt32(bytes[i]) << 16 | UInt32(bytes[i + 1]) << 8, 3)
        default: break
        }
        output[o] = UInt8(ascii: "\"")
    }

    /// The text of the bytes.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let text = Array(bytes).withUnsafeBufferPointer { quoted($0) }
        return String(decoding: text.dropFirst().dropLast(), as: UTF8.self)
    }
}
