internal import DequeModule

/// One request as the simulator saw it.
public struct LoggedRequest: Sendable, Equatable {
    /// The verb of the API: `list`, `watch` and so on; for other paths the method in small letters.
    public let verb: String
    /// `pods` or `leases.coordination.k8s.io`; empty for paths that are no resource's.
    public let resource: String
    /// The namespace of the path; empty if there is none.
    public let namespace: String
    /// The object's name; empty if there is none.
    public let name: String
    /// The path, decoded.
    public let path: String
    /// The query's parameters, decoded; of a name that stands twice, the first.
    public let query: [String: String]
    /// The client's `User-Agent`.
    public let userAgent: String
    /// Who asked.
    public let user: String
}

/// The latest requests, and how many there were of each sort.
struct RequestLog: Sendable {
    private struct Sort: Hashable, Sendable {
        let verb: String
        let resource: String
    }

    /// Enough for any test to look back on; the counters forget nothing.
    static let capacity = 10_000

    private(set) var requests: Deque<LoggedRequest> = []
    private var counts: [Sort: Int] = [:]

    mutating func record(_ request: LoggedRequest) {
        counts[Sort(verb: request.verb, resource: request.resource), default: 0] += 1
        requests.append(request)
        if requests.count > Self.capacity { requests.removeFirst() }
    }

    func count(verb: String?, resource: String?) -> Int {
        counts.reduce(0) { sum, entry in
            let isCounted =
                (verb == nil || verb == entry.key.verb) && (resource == nil || resource == entry.key.resource)
            return isCounted ? sum + entry.value : sum
        }
    }

    /// Every sort of request with its number, `list pods` first if there were most of them.
    var summary: [(name: String, count: Int)] {
        counts.map { (name: "\($0.key.verb) \($0.key.resource)", count: $0.value) }
            .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
    }

    mutating func removeAll() {
        requests.removeAll()
        counts.removeAll()
    }
}
