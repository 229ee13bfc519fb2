internal import Integrations
internal import JSON
internal import ScriptRuntime

/// `vendor.otlp.logs`, `.metrics`, `.traces`: `(url, records, {headers, resource})`
enum OTLPHelpers {
    static func all(_ http: HTTPClient) -> [Helper] {
        let otlp = OTLP(http)
        func helper(
            _ signal: OTLP.Signal, _ build: @escaping @Sendable ([JSONValue], JSONValue, Int64) -> JSONValue?
        ) -> Helper {
            .calling("vendor.otlp.\(signal.rawValue)") { call in
                // One record needs no array around it.
                let records = call.value(1)?.array ?? call.value(1).map { [$0] } ?? []
                guard !records.isEmpty else { return .undefined }
                let options = try call.optionalObject(2, "options") ?? [:]
                let now = http.settings.now().microseconds * 1000
                guard let request = build(records, options["resource"] ?? [:], now) else {
                    throw HelperError(
                        "\(call.path): argument 2 has an element without what it needs: see docs/helpers.md",
                        name: "TypeError")
                }
                let partial = try await otlp.send(
                    request, signal, to: call.filledText(0), headers: HelperCall.texts(of: options["headers"] ?? [:]))
                if let partial {
                    call.console(.error, "\(call.path): the collector did not take everything: \(partial)")
                }
                return .undefined
            }
        }
        return [
            helper(.logs) { OTLPRequest.logs($0, resource: $1, now: $2) },
            helper(.metrics) { OTLPRequest.metrics($0, resource: $1, now: $2) },
            helper(.traces) { records, resource, _ in OTLPRequest.traces(records, resource: resource) },
        ]
    }
}
