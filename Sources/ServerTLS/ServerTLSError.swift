internal import CSSL

/// Why there is no TLS, or no certificate; a sentence for a person. No key is ever part of it.
package struct ServerTLSError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The sentence.
    package let description: String

    package init(_ description: String) { self.description = description }

    /// With what OpenSSL has queued on this thread, the root of it first; the queue is empty afterwards.
    static func latest(_ what: String) -> ServerTLSError {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let reason = ERR_reason_error_string(code) else { return ServerTLSError(what) }
        return ServerTLSError("\(what): \(String(cString: reason))")
    }
}
