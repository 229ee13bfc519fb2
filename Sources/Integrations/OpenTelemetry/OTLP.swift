package import JSON

/// Sends logs, metrics and traces to an OpenTelemetry collector: OTLP over HTTP with JSON
/// (https://opentelemetry.io/docs/specs/otlp/#otlphttp).
package struct OTLP: Sendable {
    /// The kinds of telemetry; the raw value is the end of the path.
    package enum Signal: String, Sendable {
        case logs, metrics, traces
    }

    private let http: HTTPClient

    package init(_ http: HTTPClient) { self.http = http }

    /// Sends one request. `url` is the collector's base, `/v1/logs` and so on is added unless it stands there; nil takes
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`. Returns what the collector says about a part that it did not take, if any.
    package func send(
        _ request: JSONValue, _ signal: Signal, to url: String?, headers: [(name: String, value: String)]
    ) async throws(IntegrationError) -> String? {
        let path = "/v1/\(signal.rawValue)"
        let base: WebAddress
        if let url {
            base = try WebAddress(url, "the OTLP URL")
        } else if let endpoint = try http.settings.endpoint("OTEL_EXPORTER_OTLP_ENDPOINT") {
            base = endpoint
        } else {
            throw .invalid("OTLP: give the collector's URL, or set OTEL_EXPORTER_OTLP_ENDPOINT")
        }
        var call = HTTPCall(
            "OTLP", "POST", base.path.hasSuffix(path) ? base : base.appending(path),
            headers: [("Content-Type", "application/json")] + headers, body: .bytes(request.encoded()))
        // Every header beyond ours may be a key.
        call.secrets = headers.map(\.value)
        let reply = try await http.succeed(call) { reply in
            (try? JSONValue(parsing: reply.body))?["message"]?.string
        }
        guard let partial = (try? JSONValue(parsing: reply.body))?["partialSuccess"]?.object else { return nil }
        let rejected = partial.first { $0.key.hasPrefix("rejected") }?.value
        let message = partial["errorMessage"]?.string ?? ""
        // The number is 64 bits wide, hence a text in JSON.
        let count = rejected?.integer ?? rejected?.string.flatMap { Int64($0) } ?? 0
        if count == 0 && message.isEmpty { return nil }
        return "\(count) rejected\(message.isEmpty ? "" : ": \(message)")"
    }
}
