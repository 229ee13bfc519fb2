/// A request that came to a ``FaultProxy``.
package struct ProxiedRequest: Sendable, Equatable {
    /// Which connection it came on: they are numbered as they are accepted, with gaps.
    package let connection: Int
    /// The method, such as `GET`.
    package let method: String
    /// The path with the query, as it was sent.
    package let target: String
    /// The head, for tests that look at header fields.
    package let head: HTTPHead

    /// The target without its query.
    package var path: String { String(target.prefix { $0 != "?" }) }

    /// What stands behind the first `?` of the target; empty without one.
    package var query: String { String(target.drop { $0 != "?" }.dropFirst()) }

    /// The query's parameters as they were sent, percent-encoded: `["watch=1", "resourceVersion=10"]`.
    package var parameters: [String] { query.split(separator: "&").map(String.init) }

    init(connection: Int, head: HTTPHead) throws(HTTPFramingError) {
        let words = head.startLine.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { throw .notHTTP(startLine: head.startLine) }
        self.connection = connection
        self.head = head
        method = String(words[0])
        target = String(words[1])
    }
}

/// The latest requests, oldest first.
struct RecentRequests {
    /// Enough for any one test, and a bound for one that loops.
    private static let limit = 10_000

    private(set) var list: [ProxiedRequest] = []

    mutating func append(_ request: ProxiedRequest) {
        if list.count == Self.limit { list.removeFirst(Self.limit / 2) }
        list.append(request)
    }
}
