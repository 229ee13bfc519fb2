internal import CCrypto

/// A SHA-256 digest (FIPS 180-4): what names a version of a text or of a set of scripts.
package struct SHA256Digest: Sendable, Hashable, CustomStringConvertible {
    /// The digest as 64 hexadecimal digits, lower case.
    package let hex: String

    /// The digest of some bytes.
    package init(of bytes: [UInt8]) {
        let digest = [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            let isDone = bytes.withUnsafeBytes { bytes in
                buffer.baseAddress.map { remora_sha256(bytes.baseAddress, bytes.count, $0) == 1 } ?? false
            }
            // SHA-256 can only fail where OpenSSL was built or configured without it.
            precondition(isDone, "OpenSSL's libcrypto has no SHA-256")
            count = Self.byteCount
        }
        var text: [UInt8] = []
        text.reserveCapacity(2 * Self.byteCount)
        for byte in digest {
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
        }
        hex = String(decoding: text, as: UTF8.self)
    }

    /// The digest of a text's UTF-8 bytes.
    package init(of text: String) { self.init(of: Array(text.utf8)) }

    /// The first 12 digits: enough for people to tell versions apart.
    package var short: String { String(hex.prefix(12)) }

    /// The digest's digits.
    package var description: String { hex }

    private static let byteCount = 32
    private static let digits = Array("0123456789abcdef".utf8)
}
