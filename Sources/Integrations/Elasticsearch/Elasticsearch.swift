internal import CurlTransport
package import JSON
internal import YAML

/// Indexes documents in Elasticsearch, and in OpenSearch, which has the same API here.
package struct Elasticsearch: Sendable {
    /// What bulk requests could not index.
    package struct Refusal: Sendable, Equatable {
        package var index: Int
        package var status: Int
        package var reason: String
    }

    /// Bytes of one bulk request: Elastic recommends a few megabytes.
    static let bulkBytes = 5 << 20
    static let bulkCount = 1000

    private let http: HTTPClient
    private let pins = CertificatePins()

    package init(_ http: HTTPClient) { self.http = http }

    /// Indexes a document under a new id, and returns the id.
    package func index(_ document: JSONValue, into index: String, at target: ElasticTarget)
        async throws(IntegrationError)
        -> String
    {
        let id = RandomID.uuid()
        let path = "/\(try Self.checked(index))/_doc/\(id)"
        let query = refresh ? "refresh=true" : nil
        var call = HTTPCall(
            "Elasticsearch", "PUT", target.address.appending(path, query: query),
            headers: [("Content-Type", "application/json")], body: .bytes(document.encoded()))
        let reply = try await send(&call, target)
        return (try? JSONValue(parsing: reply.body))?["_id"]?.string ?? id
    }

    /// Indexes many documents in as many requests as it takes. The answer has an id for each, nil where it was refused.
    package func bulk(
        _ documents: [JSONValue], into index: String, at target: ElasticTarget
    ) async throws(IntegrationError) -> (ids: [String?], refusals: [Refusal]) {
        let path = "/\(try Self.checked(index))/_bulk"
        var ids: [String?] = []
        var refusals: [Refusal] = []
        var start = 0
        while start < documents.count {
            var body: [UInt8] = []
            var batch: [String] = []
            while start + batch.count < documents.count, batch.count < Self.bulkCount, body.count < Self.bulkBytes {
                let id = RandomID.uuid()
                let action: JSONValue = ["index": ["_id": .string(id)]]
                body += action.encoded() + [0x0a] + documents[start + batch.count].encoded() + [0x0a]
                batch.append(id)
            }
            var call = HTTPCall(
                "Elasticsearch", "POST", target.address.appending(path, query: refresh ? "refresh=true" : nil),
                headers: [("Content-Type", "application/x-ndjson")], body: .bytes(body))
            let reply = try await send(&call, target)
            guard let items = (try? JSONValue(parsing: reply.body))?["items"]?.array, items.count == batch.count else {
                throw IntegrationError(
                    .answer, "Elasticsearch at \(target.address.origin) did not answer for each document")
            }
            for (offset, item) in items.enumerated() {
                let result = item["index"]
                let status = Int(result?["status"]?.integer ?? 0)
                if 200..<300 ~= status {
                    ids.append(result?["_id"]?.string ?? batch[offset])
                } else {
                    ids.append(nil)
                    refusals.append(
                        Refusal(index: start + offset, status: status, reason: Self.words(result?["error"]) ?? ""))
                }
            }
            start += batch.count
        }
        return (ids, refusals)
    }

    /// Costly for the server, but upstream's documents can be found as soon as the helper returns.
    private var refresh: Bool { http.settings.value("ELASTIC_REFRESH")?.lowercased() != "false" }

    private func send(_ call: inout HTTPCall, _ target: ElasticTarget) async throws(IntegrationError) -> HTTPReply {
        call.address.userInfo = nil
        if let authorization = target.authorization { call[header: "Authorization"] = authorization }
        if let fingerprint = target.fingerprint {
            call.tls.trust = .certificate(try await pins.certificate(fingerprint, of: call.address, http))
        }
        return try await http.succeed(call) { reply in
            Self.words((try? JSONValue(parsing: reply.body))?["error"])
        }
    }

    /// `{"type":"…","reason":"…"}`, or of proxies a text.
    private static func words(_ error: JSONValue?) -> String? {
        if let text = error?.string { return text }
        return error?["type"]?.string.map { type in error?["reason"]?.string.map { "\(type): \($0)" } ?? type }
    }

    /// An index's name becomes part of the path.
    private static func checked(_ index: String) throws(IntegrationError) -> String {
        guard !index.isEmpty, index != ".", index != "..", !index.hasPrefix("_"), !index.contains("/") else {
            throw .invalid("\(index.debugDescription) is no name of an Elasticsearch index")
        }
        return Percent.encode(index)
    }
}
