package import JSON
internal import OrderedCollections

/// One measurement on its way to InfluxDB.
package struct InfluxPoint: Sendable {
    package var measurement: String
    package var fields: JSONValue
    package var tags: JSONValue
    /// Nanoseconds since 1970.
    package var time: Int64

    package init(measurement: String, fields: JSONValue, tags: JSONValue = [:], time: Int64) {
        self.measurement = measurement
        self.fields = fields
        self.tags = tags
        self.time = time
    }

    /// The point in line protocol (https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/); nil if no
    /// field has a value that can be written.
    package var line: String? {
        let fields = (self.fields.object ?? [:]).compactMap { name, value in
            Self.field(value).map { "\(Self.key(name))=\($0)" }
        }
        guard !fields.isEmpty, !measurement.isEmpty else { return nil }
        let tags = (self.tags.object ?? [:]).compactMap { name, value in
            Self.tag(value).map { (key: Self.key(name), value: $0) }
        }
        let head = Self.escaped(measurement, ", ")
        let sorted = tags.sorted { $0.key < $1.key }.map { ",\($0.key)=\($0.value)" }.joined()
        return "\(head)\(sorted) \(fields.joined(separator: ",")) \(time)"
    }

    private static func key(_ text: String) -> String { escaped(text, ",= ") }

    /// An empty value is a syntax error, so such a tag is left out.
    private static func tag(_ value: JSONValue) -> String? {
        switch value {
        case .null: nil
        case .string(let text): text.isEmpty ? nil : key(text)
        default: key(value.description)
        }
    }

    private static func field(_ value: JSONValue) -> String? {
        switch value {
        case .null: return nil
        // Never an integer: a later fraction would conflict with the type of the first value.
        case .integer(let number): return String(number)
        case .double(let number): return number.isFinite ? JSONValue.double(number).description : nil
        case .boolean(let flag): return flag ? "true" : "false"
        case .string(let text): return quoted(text)
        case .array, .object: return quoted(value.description)
        }
    }

    private static func quoted(_ text: String) -> String {
        "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }

    /// A line break ends a point, and only newer servers know an escape for it. A backslash at the end would escape what
    /// we put behind it.
    private static func escaped(_ text: String, _ special: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\r" {
                escaped += special.contains(" ") ? "\\ " : " "
                continue
            }
            if special.unicodeScalars.contains(scalar) { escaped += "\\" }
            escaped.unicodeScalars.append(scalar)
        }
        return escaped.hasSuffix("\\") ? escaped + "\\ " : escaped
    }
}
