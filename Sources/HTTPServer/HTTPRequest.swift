/// A request that has arrived completely, body included.
package struct HTTPRequest: Sendable, Equatable {
    /// `GET`, `POST` and so on, as the client wrote it.
    package var method: String
    /// Path and query as they came, encoded.
    package var target: String
    /// The decoded path, always with a leading slash and without the query.
    package var path: String
    /// The parameters behind the `?`.
    package var query: HTTPQuery
    /// The header lines.
    package var headers: HTTPFields
    /// The body; empty if there is none.
    package var body: [UInt8]

    /// A request for `target`, which is a path with or without a query.
    package init(method: String, target: String, headers: HTTPFields = [:], body: [UInt8] = []) {
        let parts = target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method
        self.target = target
        path = PercentEncoding.decode(parts[0], plusIsSpace: false)
        query = HTTPQuery(parts.count > 1 ? Substring(parts[1]) : "")
        self.headers = headers
        self.body = body
    }
}
