package import JSON
internal import OrderedCollections

/// Builds OTLP requests from what scripts have at hand.
package enum OTLPRequest {
    /// Log records: texts, or objects with `body`, `severity`, `time`, `attributes`, `traceId`, `spanId`.
    package static func logs(_ records: [JSONValue], resource: JSONValue, now: Int64) -> JSONValue {
        let list = records.map { record -> JSONValue in
            var out: JSONValue = [
                "timeUnixNano": .string(String(time(record["time"]) ?? now)),
                "observedTimeUnixNano": .string(String(now)),
            ]
            let severity = record["severity"]?.string?.uppercased() ?? "INFO"
            out["severityNumber"] = .integer(severities[severity] ?? 9)
            out["severityText"] = .string(severity)
            out["body"] = value(record.object == nil ? record : record["body"] ?? record)
            if let attributes = record["attributes"] { out["attributes"] = self.attributes(attributes) }
            for name in ["traceId", "spanId"] { if let id = record[name]?.string { out[name] = .string(id) } }
            return out
        }
        return wrap("resourceLogs", "scopeLogs", "logRecords", list, resource)
    }

    private static let severities: [String: Int64] = [
        "TRACE": 1, "DEBUG": 5, "INFO": 9, "WARN": 13, "WARNING": 13, "ERROR": 17, "FATAL": 21,
    ]

    /// Data points: objects with `name`, `value`, and if wanted `unit`, `description`, `attributes`, `time`, and
    /// `type: "counter"` with `start`. Nil if one has no name or no number.
    package static func metrics(_ points: [JSONValue], resource: JSONValue, now: Int64) -> JSONValue? {
        var list: [JSONValue] = []
        for point in points {
            guard let name = point["name"]?.string, let number = point["value"]?.double else { return nil }
            var data: JSONValue = [
                "timeUnixNano": .string(String(time(point["time"]) ?? now)), "asDouble": .double(number),
            ]
            if let start = time(point["start"]) { data["startTimeUnixNano"] = .string(String(start)) }
            if let attributes = point["attributes"] { data["attributes"] = self.attributes(attributes) }
            var metric: JSONValue = ["name": .string(name)]
            for key in ["unit", "description"] { if let text = point[key]?.string { metric[key] = .string(text) } }
            if point["type"]?.string == "counter" {
                // 2: cumulative.
                metric["sum"] = [
                    "dataPoints": .array([data]), "aggregationTemporality": 2, "isMonotonic": true,
                ]
            } else {
                metric["gauge"] = ["dataPoints": .array([data])]
            }
            list.append(metric)
        }
        return wrap("resourceMetrics", "scopeMetrics", "metrics", list, resource)
    }

    /// Spans: objects with `name`, `start`, `end`, and if wanted `traceId`, `spanId`, `parentSpanId`, `kind`, `attributes`,
    /// `error`. Ids that are missing are made up. Nil if one has no name or no times.
    package static func traces(_ spans: [JSONValue], resource: JSONValue) -> JSONValue? {
        var list: [JSONValue] = []
        for span in spans {
            guard let name = span["name"]?.string, let start = time(span["start"]), let end = time(span["end"]) else {
                return nil
            }
            var out: JSONValue = [
                "traceId": .string(span["traceId"]?.string ?? randomHex(16)),
                "spanId": .string(span["spanId"]?.string ?? randomHex(8)), "name": .string(name),
                "kind": .integer(kinds[span["kind"]?.string?.lowercased() ?? "internal"] ?? 1),
                "startTimeUnixNano": .string(String(start)), "endTimeUnixNano": .string(String(end)),
            ]
            if let parent = span["parentSpanId"]?.string { out["parentSpanId"] = .string(parent) }
            if let attributes = span["attributes"] { out["attributes"] = self.attributes(attributes) }
            if let error = span["error"], !error.isNull, error != false {
                out["status"] = ["code": 2, "message": .string(error.string ?? "")]
            }
            list.append(out)
        }
        return wrap("resourceSpans", "scopeSpans", "spans", list, resource)
    }

    private static let kinds: [String: Int64] = [
        "internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5,
    ]

    private static func wrap(
        _ outer: String, _ inner: String, _ name: String, _ list: [JSONValue], _ resource: JSONValue
    ) -> JSONValue {
        var resource = resource
        if resource["service.name"] == nil { resource["service.name"] = "remora" }
        let scope: JSONValue = ["scope": ["name": "remora"], name: .array(list)]
        return .object([
            outer: .array([["resource": ["attributes": attributes(resource)], inner: .array([scope])]])
        ])
    }

    /// Milliseconds since 1970, as scripts have them, in nanoseconds.
    private static func time(_ value: JSONValue?) -> Int64? {
        value?.double.flatMap { Int64(exactly: ($0 * 1000).rounded()) }.map { $0 &* 1000 }
    }

    private static func attributes(_ object: JSONValue) -> JSONValue {
        .array((object.object ?? [:]).map { ["key": .string($0.key), "value": value($0.value)] })
    }

    /// An `AnyValue`.
    private static func value(_ value: JSONValue) -> JSONValue {
        switch value {
        case .null: [:]
        case .boolean: ["boolValue": value]
        case .integer(let number): ["intValue": .string(String(number))]
        case .double: ["doubleValue": value]
        case .string: ["stringValue": value]
        case .array(let elements): ["arrayValue": ["values": .array(elements.map(self.value))]]
        case .object: ["kvlistValue": ["values": attributes(value)]]
        }
    }

    private static func randomHex(_ count: Int) -> String {
        Digest.hex((0..<count).map { _ in UInt8.random(in: 1...255) })
    }
}
