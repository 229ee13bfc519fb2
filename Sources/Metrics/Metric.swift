/// What kind of figure a metric is; the raw value is Prometheus' word for it.
package enum MetricKind: String, Sendable, CustomStringConvertible {
    /// Only grows, or begins anew.
    case counter
    /// Goes up and down.
    case gauge
    /// Nobody said.
    case untyped

    /// Prometheus' word.
    package var description: String { rawValue }
}

/// The name of one series: a metric and the values of its labels.
package struct Metric: Sendable {
    /// Such as `remora_integration_requests_total`.
    package var name: String
    /// One sentence for a person.
    package var help: String
    /// What kind of figure it is.
    package var kind: MetricKind
    /// Names and values, in any order.
    package var labels: [(name: String, value: String)]

    /// A metric with or without labels.
    package init(_ name: String, _ help: String, kind: MetricKind, labels: [(name: String, value: String)] = []) {
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = labels
    }

    /// A series with more labels than this, or longer values, is a mistake, and costs every scrape.
    static let labelLimit = 32
    static let valueByteLimit = 1024

    /// The data model's rules (https://prometheus.io/docs/concepts/data_model/).
    func check() throws(MetricError) {
        guard Self.isName(name, colon: true) else {
            throw MetricError("\(name.debugDescription) is no metric name: it must match [a-zA-Z_:][a-zA-Z0-9_:]*")
        }
        guard labels.count <= Self.labelLimit else {
            throw MetricError("the metric \(name) has more than \(Self.labelLimit) labels")
        }
        var names: Set<String> = []
        for (label, value) in labels {
            guard Self.isName(label, colon: false), !label.hasPrefix("__") else {
                throw MetricError(
                    "\(label.debugDescription) is no label name: it must match [a-zA-Z_][a-zA-Z0-9_]* and not begin with __"
                )
            }
            guard names.insert(label).inserted else { throw MetricError("the label \(label) stands twice") }
            guard value.utf8.count <= Self.valueByteLimit else {
                throw MetricError("the value of label \(label) has more than \(Self.valueByteLimit) bytes")
            }
        }
    }

    private static func isName(_ text: String, colon: Bool) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39 ~= first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39,
                UInt8(ascii: "_"):
                true
            case UInt8(ascii: ":"): colon
            default: false
            }
        }
    }
}

/// Why a figure was not taken; a sentence for a person.
package struct MetricError: Error, Equatable, CustomStringConvertible {
    /// The sentence.
    package let description: String

    init(_ description: String) { self.description = description }
}
