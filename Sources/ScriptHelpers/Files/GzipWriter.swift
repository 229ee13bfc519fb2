internal import CZlib
internal import CurlTransport
internal import ScriptRuntime

/// Compresses into a file (RFC 1952).
final class GzipWriter {
    private let file: OpenFile
    private let path: String
    /// zlib keeps a pointer to it, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var output = [UInt8](repeating: 0, count: 64 << 10)
    /// Bytes that went into the file.
    private(set) var count = 0

    init(to file: OpenFile, _ path: String) throws(HelperError) {
        self.file = file
        self.path = path
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 16 more than the window's bits asks for a gzip header. Captures compress little better at higher levels.
        guard remora_deflate_init(stream, 4, 15 + 16) == Z_OK else {
            throw HelperError("write \(path): out of memory", code: "ENOMEM")
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func write(_ bytes: [UInt8]) throws(HelperError) { try deflate(bytes, Z_NO_FLUSH) }

    /// Ends the compressed stream; nothing may follow.
    func finish() throws(HelperError) { try deflate([], Z_FINISH) }

    private func deflate(_ bytes: [UInt8], _ flush: Int32) throws(HelperError) {
        var offset = 0
        while true {
            let room = output.count
            let (produced, consumed) = bytes.withUnsafeBufferPointer { input in
                output.withUnsafeMutableBufferPointer { buffer in
                    // zlib does not write to its input.
                    stream.pointee.next_in = input.baseAddress.map { UnsafeMutablePointer(mutating: $0 + offset) }
                    stream.pointee.avail_in = UInt32(input.count - offset)
                    stream.pointee.next_out = buffer.baseAddress
                    stream.pointee.avail_out = UInt32(room)
                    _ = CZlib.deflate(stream, flush)
                    return (room - Int(stream.pointee.avail_out), input.count - offset - Int(stream.pointee.avail_in))
                }
            }
            offset += consumed
            if produced > 0 {
                try DataFolder.write(Array(output[..<produced]), to: file, path)
                count += produced
            }
            // Output that did not fill the buffer means that there is no more.
            if produced < room && offset == bytes.count { return }
        }
    }
}
