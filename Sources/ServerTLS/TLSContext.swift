internal import CSSL

/// What all connections of a server share: its certificate and the rules. TLS 1.2 and newer, forward secrecy alone,
/// HTTP/1.1 as the only protocol.
final class TLSContext: Sendable {
    // OpenSSL counts references to a context atomically and only reads it once it is made (SSL_CTX_new(3)).
    private nonisolated(unsafe) let context: OpaquePointer

    /// - Throws: ``ServerTLSError`` if the texts are none, or do not belong together.
    init(_ certificate: ServerCertificate) throws(ServerTLSError) {
        ERR_clear_error()
        guard let context = remora_ssl_server_context() else { throw ServerTLSError.latest("TLS is not to be had") }
        let chain = Array(certificate.chain.utf8)
        let key = Array(certificate.privateKey.utf8)
        guard remora_ssl_use(context, chain, Int32(chain.count), key, Int32(key.count)) == 1 else {
            SSL_CTX_free(context)
            throw ServerTLSError.latest("the certificate and the private key cannot be used")
        }
        self.context = context
    }

    deinit { SSL_CTX_free(context) }

    /// For one connection.
    func makeSession() throws(ServerTLSError) -> TLSSession {
        ERR_clear_error()
        guard let session = SSL_new(context), let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem())
        else { throw ServerTLSError.latest("a TLS connection could not be made") }
        return TLSSession(session, input: input, output: output)
    }
}
