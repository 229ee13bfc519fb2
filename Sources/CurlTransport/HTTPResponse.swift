/// A response whose head has arrived; the body follows as a stream.
public struct HTTPResponse: Sendable {
    /// The status code. 1xx codes are not reported.
    public var status: Int { head.status }
    /// The headers in the order of arrival; of a request through a proxy those of the server, not of the proxy.
    public var headers: HTTPHeaders { head.headers }
    /// The version of HTTP that is spoken.
    public var version: HTTPVersion { head.version }
    /// The connection that carries the response.
    public var connection: ConnectionIdentity { head.connection }
    /// The certificates that the server has shown, as PEM, its own first. Empty unless ``HTTPRequest/wantsCertificates``,
    /// and where the request went over a connection that others had made before.
    public var certificates: [String] { head.certificates }
    /// The body. Drop it, or cancel the reading task, to end the transfer.
    public let body: ResponseBody

    let head: ResponseHead
}

/// What arrives before the body.
struct ResponseHead: Sendable {
    var status: Int
    var version: HTTPVersion
    var headers: HTTPHeaders
    var connection: ConnectionIdentity
    var certificates: [String] = []
}

/// A version of HTTP.
public enum HTTPVersion: Sendable, Hashable {
    /// HTTP/1.0 or 1.1: one exchange at a time on a connection.
    case http1
    /// HTTP/2: many exchanges share a connection.
    case http2
}

/// Tells connections of one transport apart. Two responses with equal identities, both alive, share a connection.
public struct ConnectionIdentity: Sendable, Hashable {
    /// Counts the connections that the transport has tried to make.
    let number: Int
}
