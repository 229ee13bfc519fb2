internal import Integrations
internal import JSON
internal import ScriptRuntime

/// `vendor.influxdb`, `vendor.influxdb.writeAll`
enum InfluxDBHelpers {
    static func all(_ http: HTTPClient) -> [Helper] {
        let influx = InfluxDB(http)
        return [
            .calling("vendor.influxdb") { call in
                let point = InfluxPoint(
                    measurement: try call.text(4, "measurement"), fields: try call.object(5, "data"),
                    tags: try call.optionalObject(6, "tags") ?? [:], time: influx.now)
                try await influx.write([point], to: target(call))
                return .undefined
            },
            .calling("vendor.influxdb.writeAll") { call in
                let now = influx.now
                let points = try call.elements(4, "points").enumerated().map { index, value in
                    try point(value, index, now: now)
                }
                try await influx.write(points, to: target(call))
                return .undefined
            },
        ]
    }

    private static func target(_ call: HelperCall) throws -> InfluxDB.Target {
        InfluxDB.Target(
            url: try call.text(0, "url"), token: try call.text(1, "token"),
            organization: try call.text(2, "organization"), bucket: try call.text(3, "bucket"))
    }

    private static func point(_ value: JSONValue, _ index: Int, now: Int64) throws -> InfluxPoint {
        guard let measurement = value["measurement"]?.string, let fields = value["fields"], fields.object != nil else {
            throw HelperError(
                "vendor.influxdb.writeAll: point \(index) has no measurement (text) or no fields (object)",
                name: "TypeError")
        }
        let tags = value["tags"].flatMap { $0.object == nil ? Optional.none : $0 } ?? [:]
        // Scripts have milliseconds, of Date.now() and of items.
        let time = value["time"]?.double.flatMap { Int64(exactly: ($0 * 1000).rounded()) }.map { $0 * 1000 }
        // Points without a time of their own that differ in nothing else would be one point.
        return InfluxPoint(measurement: measurement, fields: fields, tags: tags, time: time ?? now + Int64(index))
    }
}
