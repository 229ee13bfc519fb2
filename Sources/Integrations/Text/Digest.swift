internal import Crypto
package import CurlTransport
internal import FoundationEssentials

/// Hashes and keyed hashes in the forms that services want.
package enum Digest {
    package static func sha256(_ bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

    /// Of a part of a file, read piece by piece.
    package static func sha256(_ slice: FileSlice) async throws(IntegrationError) -> String {
        var hash = SHA256()
        var position = 0
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        while position < slice.count {
            guard let count = piece.withUnsafeMutableBytes({ slice.read(at: position, into: $0) }), count > 0 else {
                throw IntegrationError(.file, "the file cannot be read to its end: was it changed meanwhile?")
            }
            piece.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            position += count
            // Other tasks want the thread too.
            await Task.yield()
        }
        return hex(hash.finalize())
    }

    package static func md5(_ bytes: [UInt8]) -> [UInt8] { Array(Insecure.MD5.hash(data: bytes)) }

    package static func hmacSHA256(_ text: String, key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }

    package static func hex(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)
}
