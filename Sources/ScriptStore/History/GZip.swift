internal import CZlib

/// The gzip format (RFC 1952), by zlib.
enum GZip {
    /// Window of 32 KiB, with gzip's header and trailer; see zlib.h, `deflateInit2`.
    private static let windowBits: Int32 = 15 + 16

    /// The bytes, compressed.
    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        guard remora_deflate_init(&stream, Z_BEST_COMPRESSION, windowBits) == Z_OK else { return [] }
        defer { deflateEnd(&stream) }
        let capacity = Int(deflateBound(&stream, UInt(bytes.count)))
        var input = bytes
        return [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(clamping: input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: output.count)
                _ = deflate(&stream, Z_FINISH)
            }
            count = output.count - Int(stream.avail_out)
        }
    }

    /// What compressed bytes stand for; nil if they are not gzip, are damaged, or stand for more than `limit` bytes.
    static func decompress(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        var stream = z_stream()
        guard remora_inflate_init(&stream, windowBits) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var input = bytes
        var result: [UInt8] = []
        var status = Z_OK
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(clamping: input.count)
            repeat {
                let piece = [UInt8](unsafeUninitializedCapacity: 64 << 10) { output, count in
                    stream.next_out = output.baseAddress
                    stream.avail_out = UInt32(output.count)
                    status = inflate(&stream, Z_NO_FLUSH)
                    count = output.count - Int(stream.avail_out)
                }
                result += piece
                if piece.isEmpty, status == Z_OK { status = Z_BUF_ERROR }
            } while status == Z_OK && result.count <= limit
        }
        return status == Z_STREAM_END && result.count <= limit ? result : nil
    }
}
