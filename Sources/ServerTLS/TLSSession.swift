internal import CSSL
internal import NIOCore

/// One connection's TLS without its socket: what came from the network goes in, what is to go there comes out.
///
/// ```text
///             enough was received                 close_notify, or close()
/// handshaking ───────────────────▶ established ───────────────────────────▶ closed
/// ```
/// Errors end it; the alert that tells the peer is part of what comes out. Of one thread at a time.
struct TLSSession: ~Copyable {
    /// What receiving led to.
    struct Progress {
        /// The handshake was completed just now.
        var isEstablished = false
        /// The peer has said that nothing more will come.
        var isClosed = false
    }

    private let session: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer
    private(set) var isEstablished = false

    init(_ session: OpaquePointer, input: OpaquePointer, output: OpaquePointer) {
        self.session = session
        self.input = input
        self.output = output
        // The session owns both from now on.
        SSL_set_bio(session, input, output)
        SSL_set_accept_state(session)
    }

    deinit { SSL_free(session) }

    /// Takes bytes from the network, and appends what they decrypt to.
    mutating func receive(_ bytes: inout ByteBuffer, into plain: inout ByteBuffer) throws(ServerTLSError) -> Progress {
        ERR_clear_error()
        while bytes.readableBytes > 0 {
            let taken = bytes.withUnsafeReadableBytes { BIO_write(input, $0.baseAddress, Int32(clamping: $0.count)) }
            // A memory BIO takes everything, or there is no memory.
            guard taken > 0 else { throw ServerTLSError.latest("TLS input could not be kept") }
            bytes.moveReaderIndex(forwardBy: Int(taken))
        }
        var progress = Progress()
        if !isEstablished {
            let result = SSL_do_handshake(session)
            guard result == 1 else {
                try check(result, "the TLS handshake failed")
                return progress
            }
            isEstablished = true
            progress.isEstablished = true
        }
        while true {
            // A record has at most 16 KiB (RFC 8446, 5.1).
            let count = plain.writeWithUnsafeMutableBytes(minimumWritableBytes: 16 << 10) { space in
                max(0, Int(SSL_read(session, space.baseAddress, Int32(clamping: space.count))))
            }
            if count > 0 { continue }
            if SSL_get_shutdown(session) & SSL_RECEIVED_SHUTDOWN != 0 {
                progress.isClosed = true
                return progress
            }
            try check(0, "the TLS connection is broken")
            return progress
        }
    }

    /// Throws unless OpenSSL only waits for more.
    private func check(_ result: Int32, _ what: String) throws(ServerTLSError) {
        switch SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
        default: throw ServerTLSError.latest(what)
        }
    }

    /// Encrypts bytes. Only once the handshake is done.
    mutating func send(_ plain: inout ByteBuffer) throws(ServerTLSError) {
        ERR_clear_error()
        while plain.readableBytes > 0 {
            let sent = plain.withUnsafeReadableBytes { SSL_write(session, $0.baseAddress, Int32(clamping: $0.count)) }
            guard sent > 0 else { throw ServerTLSError.latest("TLS could not send") }
            plain.moveReaderIndex(forwardBy: Int(sent))
        }
    }

    /// Says that nothing more will be sent.
    mutating func close() {
        ERR_clear_error()
        if isEstablished { SSL_shutdown(session) }
        ERR_clear_error()
    }

    /// What is to go to the network, which is taken; nil: nothing.
    mutating func takeOutput(_ allocator: ByteBufferAllocator) -> ByteBuffer? {
        var data: UnsafeMutablePointer<CChar>?
        let count = remora_bio_data(output, &data)
        guard count > 0, let data else { return nil }
        var buffer = allocator.buffer(capacity: count)
        buffer.writeBytes(UnsafeRawBufferPointer(start: data, count: count))
        BIO_ctrl(output, BIO_CTRL_RESET, 0, nil)
        return buffer
    }
}
