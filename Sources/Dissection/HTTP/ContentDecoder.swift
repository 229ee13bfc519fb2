internal import CBrotli
internal import CZlib
internal import CZstd

/// Undoes `Content-Encoding`: gzip, deflate, br, zstd. What comes out is limited, whatever goes in, and a beginning is
/// decoded as far as it goes.
enum ContentDecoder {
    struct Output {
        var bytes: [UInt8]
        /// There would be more.
        var isCut = false
        /// Not all codings could be undone; the bytes are as they were before the one that failed.
        var isEncoded = false
    }

    /// More codings than this on one body are nobody's idea of compression.
    private static let codingLimit = 4

    /// The body's bytes without the codings that `encoding` lists, at most `limit` of them.
    static func decode(_ body: some Collection<UInt8>, encoding: String?, limit: Int) -> Output {
        var output = Output(bytes: Array(body))
        let codings = (encoding ?? "").split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            .filter { !$0.isEmpty && $0 != "identity" }
        guard codings.count <= codingLimit else {
            output.isEncoded = true
            return output
        }
        for coding in codings.reversed() where !output.bytes.isEmpty {
            let decoded: Output? =
                switch coding {
                case "gzip", "x-gzip": inflate(output.bytes, windowBits: 15 + 32, limit)
                // Some servers send deflate without zlib's header.
                case "deflate":
                    inflate(output.bytes, windowBits: 15 + 32, limit) ?? inflate(output.bytes, windowBits: -15, limit)
                case "br": brotli(output.bytes, limit)
                case "zstd": zstd(output.bytes, limit)
                default: nil
                }
            guard let decoded else {
                output.isEncoded = true
                return output
            }
            output = Output(bytes: decoded.bytes, isCut: output.isCut || decoded.isCut)
        }
        return output
    }

    /// zlib's and gzip's formats (32 is added to the window bits to detect which), or neither's header if they are
    /// negative. Nil if nothing could be decoded.
    private static func inflate(_ input: [UInt8], windowBits: CInt, _ limit: Int) -> Output? {
        var stream = z_stream()
        guard remora_inflate_init(&stream, windowBits) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var output = Output(bytes: [])
        let isOK = input.withUnsafeBufferPointer { input -> Bool in
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.avail_in = CUnsignedInt(input.count)
            return grow(&output, limit) { room in
                stream.next_out = room.baseAddress
                stream.avail_out = CUnsignedInt(room.count)
                let status = CZlib.inflate(&stream, Z_NO_FLUSH)
                let written = room.count - Int(stream.avail_out)
                if status == Z_STREAM_END {
                    // A gzip file may be several, one after the other.
                    guard stream.avail_in > 0, windowBits > 0, inflateReset(&stream) == Z_OK else {
                        return .done(written)
                    }
                    return .more(written)
                }
                guard status == Z_OK else { return .failed(written) }
                // The input ends within the stream.
                return stream.avail_in == 0 && stream.avail_out > 0 ? .failed(written) : .more(written)
            }
        }
        return isOK || !output.bytes.isEmpty ? output : nil
    }

    private static func brotli(_ input: [UInt8], _ limit: Int) -> Output? {
        guard let state = BrotliDecoderCreateInstance(nil, nil, nil) else { return nil }
        defer { BrotliDecoderDestroyInstance(state) }
        var output = Output(bytes: [])
        let isOK = input.withUnsafeBufferPointer { input -> Bool in
            var next = input.baseAddress
            var left = input.count
            return grow(&output, limit) { room in
                var (start, free) = (room.baseAddress, room.count)
                let status = BrotliDecoderDecompressStream(state, &left, &next, &free, &start, nil)
                let written = room.count - free
                return switch status {
                case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: .more(written)
                case BROTLI_DECODER_RESULT_SUCCESS: .done(written)
                default: .failed(written)
                }
            }
        }
        return isOK || !output.bytes.isEmpty ? output : nil
    }

    private static func zstd(_ input: [UInt8], _ limit: Int) -> Output? {
        guard let stream = ZSTD_createDStream() else { return nil }
        defer { ZSTD_freeDStream(stream) }
        // 8 MiB, what RFC 9659 lets web content ask for; a frame that wants more memory is left encoded.
        ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, 23)
        var output = Output(bytes: [])
        let isOK = input.withUnsafeBufferPointer { input -> Bool in
            var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
            return grow(&output, limit) { room in
                var target = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                let status = ZSTD_decompressStream(stream, &target, &source)
                guard ZSTD_isError(status) == 0 else { return .failed(target.pos) }
                guard source.pos == source.size, target.pos < target.size else { return .more(target.pos) }
                return status == 0 ? .done(target.pos) : .failed(target.pos)
            }
        }
        return isOK || !output.bytes.isEmpty ? output : nil
    }

    private enum Step {
        case more(Int)
        case done(Int)
        case failed(Int)
    }

    /// Calls `step` for piece after piece until it is done or the limit is reached; false if the stream is broken or ends
    /// early.
    private static func grow(
        _ output: inout Output, _ limit: Int, _ step: (UnsafeMutableBufferPointer<UInt8>) -> Step
    ) -> Bool {
        var hasFailed = false
        while output.bytes.count <= limit {
            var isDone = false
            // One byte more than the limit shows that there is more.
            let room = min(16 << 10, limit + 1 - output.bytes.count)
            guard room > 0 else { break }
            let piece = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                switch step(buffer) {
                case .more(let written): count = written
                case .done(let written): (count, isDone) = (written, true)
                case .failed(let written): (count, isDone, hasFailed) = (written, true, true)
                }
            }
            output.bytes.append(contentsOf: piece)
            if isDone { break }
        }
        if output.bytes.count > limit {
            output.bytes.removeLast(output.bytes.count - limit)
            output.isCut = true
        }
        return !hasFailed
    }
}
