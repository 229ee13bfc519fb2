public import CurlTransport
internal import JSON

/// An object of a page, with its JSON text.
public struct RawObject<Object: WatchedObject>: Sendable {
    /// The summary.
    public let object: Object
    /// The text as the server sent it.
    public let raw: RawJSON
}

/// A page of a list with the objects' JSON texts.
public struct RawPage<Object: WatchedObject>: Sendable {
    /// The objects.
    public let items: [RawObject<Object>]
    /// The version of the whole collection.
    public let version: ResourceVersion?
    /// Where the next page begins; nil: this was the last.
    public let continueToken: String?
}

extension KubernetesClient {
    /// One page of a collection with the objects' texts, for whoever wants to see all of it without holding all of it.
    ///
    /// - Parameters:
    ///   - exactly: the version of which the first page is to be; a server that has forgotten it answers 410.
    ///   - continueToken: where the page before ended; the version is then that of the first page.
    public func page<Object: WatchedObject>(
        _ type: Object.Type, _ selection: Selection = Selection(), limit: Int, exactly: ResourceVersion? = nil,
        continueToken: String? = nil
    ) async throws -> RawPage<Object> {
        let request = ListPageRequest(limit: limit, continueToken: continueToken, exactly: exactly)
        let response = try await open(.page(request, of: Object.resource, selection))
        let body = try await collect(response, limit: .max, for: response.request)
        let page = try decode(response.request) { () throws(JSONError) in
            try ListPage<Object>(body: body, interner: StringInterner())
        }
        return RawPage(
            items: page.items.map { RawObject(object: $0.object, raw: $0.raw) }, version: page.version,
            continueToken: page.continueToken)
    }

    /// Sends a request to a path of the API server that is no object: a subresource, or a service behind its proxy.
    /// Whatever it answers, also an error, is the result.
    ///
    /// - Parameters:
    ///   - method: the HTTP method.
    ///   - target: the path with its query, already encoded.
    ///   - headers: beside those that every request has.
    ///   - isStream: the answer may take for ever.
    public func send(
        method: String = "GET", target: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        isStream: Bool = false
    ) async throws -> HTTPResponse {
        var request = APIRequest(
            summary: .init(verb: method.lowercased(), resource: APIResource(plural: target, kind: "")), method: method,
            path: target, body: body)
        if isStream { request.limits = TimeLimits(headers: .seconds(30), silence: nil) }
        let summary = request.summary.summary(server: configuration.server.description)
        do {
            let credentials = try await configuration.credentials.credentials()
            return try await transport.send(try httpRequest(request, credentials, headers))
        } catch let error as TransportError {
            throw APIError.transport(error, summary)
        }
    }
}
