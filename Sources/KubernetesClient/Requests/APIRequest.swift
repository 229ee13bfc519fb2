internal import CurlTransport

/// A request to the API server before it is sent: no I/O, only what is asked.
struct APIRequest: Sendable {
    var summary: Summary
    var method = "GET"
    var path: String
    var query: [(String, String)] = []
    var contentType = "application/json"
    var body: [UInt8]?
    var limits = TimeLimits(headers: .seconds(30), silence: .seconds(30), total: .seconds(60))
    /// The server may compress the answer: large lists shrink to a thirtieth.
    var acceptsCompression = false
    var wantsNewConnection = false

    /// What an error message says of it.
    struct Summary: Sendable {
        var verb: String
        var resource: APIResource
        var namespace: String?
        var name: String?

        func summary(server: String) -> APIRequestSummary {
            let object =
                switch (namespace, name) {
                case (let namespace?, let name?): "\(namespace)/\(name)"
                case (let namespace?, nil): "in namespace \(namespace)"
                case (nil, let name?): name
                case (nil, nil): ""
                }
            return APIRequestSummary(verb: verb, resource: resource.qualifiedName, object: object, server: server)
        }
    }

    /// Whether the path is that of the object meant. An empty name would make it that of the collection, and a deletion
    /// one of everything in it.
    var namesItsObject: Bool {
        [summary.namespace, summary.name].allSatisfy { $0.map { !["", ".", ".."].contains($0) } ?? true }
    }

    /// Path and query.
    var target: String {
        guard !query.isEmpty else { return path }
        return path + "?" + query.map { "\($0)=\($1.percentEncodedForQuery)" }.joined(separator: "&")
    }
}

extension APIRequest {
    static func object(
        _ verb: String, _ method: String, _ resource: APIResource, namespace: String?, name: String,
        subresource: String? = nil, body: [UInt8]? = nil
    ) -> APIRequest {
        APIRequest(
            summary: Summary(verb: verb, resource: resource, namespace: namespace, name: name), method: method,
            path: resource.path(namespace: namespace, name: name, subresource: subresource), body: body)
    }

    static func collection(
        _ verb: String, _ method: String, _ resource: APIResource, namespace: String?, body: [UInt8]? = nil
    ) -> APIRequest {
        APIRequest(
            summary: Summary(verb: verb, resource: resource, namespace: namespace), method: method,
            path: resource.path(namespace: namespace), body: body)
    }

    static func page(_ page: ListPageRequest, of resource: APIResource, _ selection: Selection) -> APIRequest {
        var request = collection("list", "GET", resource, namespace: selection.namespace)
        request.query = selection.query + page.query
        request.acceptsCompression = true
        // Without a total limit: a large collection may take its time, as long as something comes. A page is begun
        // within seconds, and a peer that died before or in it is to be noticed within 30 s, as everywhere.
        request.limits = TimeLimits(headers: .seconds(25), silence: .seconds(20))
        return request
    }

    static func watch(_ watch: WatchRequest, of resource: APIResource, _ selection: Selection) -> APIRequest {
        var request = collection("watch", "GET", resource, namespace: selection.namespace)
        request.query = selection.query + watch.query
        request.wantsNewConnection = watch.wantsNewConnection
        // Silence is judged by the reflector, which knows how to ask for a sign of life.
        request.limits = TimeLimits(headers: .seconds(15), silence: nil)
        return request
    }
}
