internal import Integrations
internal import JSON
internal import ScriptRuntime

/// `vendor.elastic`, `vendor.elastic.bulk`
enum ElasticHelpers {
    static func all(_ http: HTTPClient) -> [Helper] {
        let elastic = Elasticsearch(http)
        return [
            .calling("vendor.elastic") { call in
                guard let document = call.value(2), document.object != nil else {
                    throw HelperError("vendor.elastic: argument 3 (data) is not an object", name: "TypeError")
                }
                let id = try await elastic.index(document, into: call.text(1, "index"), at: target(call))
                return .json(.string(id))
            },
            .calling("vendor.elastic.bulk") { call in
                let documents = try call.elements(2, "documents")
                guard documents.allSatisfy({ $0.object != nil }) else {
                    throw HelperError(
                        "vendor.elastic.bulk: argument 3 (documents) has elements that are no objects",
                        name: "TypeError")
                }
                let (ids, refusals) = try await elastic.bulk(documents, into: call.text(1, "index"), at: target(call))
                return .json([
                    "ids": .array(ids.map { $0.map(JSONValue.string) ?? .null }),
                    "failed": .array(
                        refusals.map {
                            [
                                "index": .integer(Int64($0.index)), "status": .integer(Int64($0.status)),
                                "reason": .string($0.reason),
                            ]
                        }),
                ])
            },
        ]
    }

    private static func target(_ call: HelperCall) throws -> ElasticTarget {
        try ElasticTarget(
            url: call.filledText(0), cloudID: call.filledText(5), username: call.filledText(3),
            password: call.filledText(4), apiKey: call.filledText(6), serviceToken: call.filledText(7),
            fingerprint: call.filledText(8))
    }
}
