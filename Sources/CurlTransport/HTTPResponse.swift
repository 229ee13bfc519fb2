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
    let socket: Int32
    let localPort: Int
}

/// Header fields; names are compared without regard to case.
public struct HTTPHeaders: Sendable {
    /// The fields in the order of arrival.
    public private(set) var fields: [(name: String, value: String)] = []

    /// The first value of a field.
    public subscript(name: String) -> String? {
        fields.first { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Takes up a line as it stands in a response; a line without a colon is ignored.
    mutating func append(line: Substring) {
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        fields.append((String(line[..<colon]), String(value)))
    }

    mutating func removeAll() { fields.removeAll() }
}
