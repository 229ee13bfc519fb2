internal import JSON

/// Writes to InfluxDB 2 (https://docs.influxdata.com/influxdb/v2/api/); 1.8 takes the same with bucket `db/rp` and token
/// `user:password`.
package struct InfluxDB: Sendable {
    /// Where points go.
    package struct Target: Sendable {
        package var url: String
        package var token: String
        package var organization: String
        package var bucket: String

        package init(url: String, token: String, organization: String, bucket: String) {
            self.url = url
            self.token = token
            self.organization = organization
            self.bucket = bucket
        }
    }

    /// The batch that InfluxData recommends.
    static let batchSize = 5000

    private let http: HTTPClient

    package init(_ http: HTTPClient) { self.http = http }

    /// The present, for points without a time.
    package var now: Int64 { http.settings.now().microseconds * 1000 }

    /// Writes points, at most 5,000 in one request. Throws if one has no field that can be written.
    package func write(_ points: [InfluxPoint], to target: Target) async throws(IntegrationError) {
        var lines: [String] = []
        for point in points {
            guard let line = point.line else {
                throw .invalid(
                    "InfluxDB: the point of \(point.measurement.debugDescription) has no field with a number, text or boolean"
                )
            }
            lines.append(line)
        }
        let query = Percent.form([("org", target.organization), ("bucket", target.bucket), ("precision", "ns")])
        let address = try WebAddress(target.url, "the InfluxDB URL").appending("/api/v2/write", query: query)
        var start = 0
        while start < lines.count {
            let batch = lines[start..<min(start + Self.batchSize, lines.count)]
            var call = HTTPCall(
                "InfluxDB", "POST", address,
                headers: [
                    ("Authorization", "Token \(target.token)"), ("Content-Type", "text/plain; charset=utf-8"),
                    ("Accept", "application/json"),
                ], body: .bytes(Array(batch.joined(separator: "\n").utf8)))
            call.secrets = [target.token]
            // The same points again are the same points.
            let reply = try await http.succeed(call, explain: Self.explain)
            guard reply.status == 204 || reply.status == 200 else {
                throw http.failure(of: call, reply, saying: "204 was expected: is this the URL of InfluxDB?")
            }
            start += batch.count
        }
    }

    /// `{"code":"unauthorized","message":"unauthorized access"}`, or of 1.8 `{"error":"…"}`.
    private static func explain(_ reply: HTTPReply) -> String? {
        guard let answer = try? JSONValue(parsing: reply.body) else { return nil }
        let words = [answer["code"]?.string, answer["message"]?.string ?? answer["error"]?.string]
        return words.compactMap(\.self).joined(separator: ": ")
    }
}
