internal import CCurl

/// Why an exchange failed below the level of HTTP's status codes.
public struct TransportError: Error, Sendable, Equatable {
    /// A stage that has a limit of its own, see ``TimeLimits``.
    public enum Limit: String, Sendable {
        /// The stages of a request.
        case connect, headers, silence, total
    }

    /// The kinds of failure.
    public enum Kind: Sendable, Equatable {
        /// The request itself is wrong: a malformed URL, a scheme other than http and https.
        case invalidRequest
        /// The server's or the proxy's name could not be resolved.
        case resolution
        /// No connection was made: refused, unreachable.
        case connection
        /// The transport's ``AddressPolicy`` forbids the address.
        case forbiddenAddress
        /// The TLS handshake failed, or a certificate was not accepted.
        case tls
        /// A stage took longer than its limit.
        case timeout(Limit)
        /// The connection broke before the response was complete.
        case interrupted
        /// The body's compression is corrupt.
        case encoding
        /// The body is larger than the caller accepts.
        case tooLarge
        /// The transport was shut down.
        case shutDown
        /// Anything else that libcurl reports.
        case other
    }

    /// What happened.
    public let kind: Kind
    /// Scheme and address of the server. Paths and queries may hold secrets and are left out.
    public let peer: String
    /// What libcurl or the system says about it.
    public let detail: String

    /// Whether the same request may succeed later without anyone changing anything.
    public var isRetryable: Bool {
        switch kind {
        case .invalidRequest, .forbiddenAddress, .tooLarge, .shutDown: false
        case .resolution, .connection, .tls, .timeout, .interrupted, .encoding, .other: true
        }
    }
}

extension TransportError: CustomStringConvertible {
    /// A sentence for a person.
    public var description: String {
        switch kind {
        case .invalidRequest: "cannot make a request to \(peer): \(detail)"
        case .resolution: "cannot resolve the name in \(peer): \(detail)"
        case .connection: "cannot connect to \(peer): \(detail)"
        case .forbiddenAddress: "not connecting to \(peer): \(detail)"
        case .tls: "no trusted TLS connection to \(peer): \(detail)"
        case .timeout(let limit): "\(peer) took too long (\(limit.rawValue)): \(detail)"
        case .interrupted: "the connection to \(peer) broke: \(detail)"
        case .encoding: "the response of \(peer) is corrupt: \(detail)"
        case .tooLarge: "the response of \(peer) is too large: \(detail)"
        case .shutDown: "request to \(peer): the transport was shut down"
        case .other: "request to \(peer) failed: \(detail)"
        }
    }
}

extension TransportError {
    /// Translates libcurl's result; `kind` overrules what the code says.
    init(code: CURLcode, kind: Kind? = nil, detail: String, peer: String) {
        // libcurl quotes a proxy's URL that it does not understand, with the password in it.
        if detail.hasPrefix("Unsupported proxy") {
            let detail = "the proxy's URL is malformed or of an unknown kind: check the settings or HTTPS_PROXY"
            self.init(kind: .invalidRequest, peer: peer, detail: detail)
            return
        }
        let said = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        self.init(kind: kind ?? Self.kind(of: code), peer: peer, detail: "\(said) (libcurl \(code.rawValue))")
    }

    /// A limit was reached.
    init(_ limit: Limit, after duration: Duration, peer: String) {
        let what =
            switch limit {
            case .connect: "no connection"
            case .headers: "no response"
            case .silence: "not a byte more of the response"
            case .total: "no complete response"
            }
        self.init(kind: .timeout(limit), peer: peer, detail: "\(what) within \(duration.formattedSeconds)")
    }

    private static func kind(of code: CURLcode) -> Kind {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolution
        case CURLE_COULDNT_CONNECT, CURLE_PROXY: .connection
        // The only time-out that is left to libcurl is that of connecting.
        case CURLE_OPERATION_TIMEDOUT: .timeout(.connect)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            .tls
        // An "unsupported protocol" is an answer that is no HTTP/1 or 2: schemes were checked before.
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM,
            CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL:
            .interrupted
        case CURLE_BAD_CONTENT_ENCODING: .encoding
        default: .other
        }
    }
}
