internal import JSON
internal import Metrics
internal import ScriptRuntime

/// `prometheus.*`: series of scripts on the process's metrics page.
enum MetricHelpers {
    static func all(_ registry: MetricRegistry) -> [Helper] {
        ["prometheus.vector", "prometheus.metric"].map { path in
            .quick(path) { call in
                let kind: MetricKind
                switch try call.number(2, "type") {
                case 1: kind = .counter
                case 2: kind = .gauge
                case 3: kind = .untyped
                default:
                    throw HelperError(
                        "\(path): argument 3 (type) is none of 1 (counter), 2 (gauge), 3 (untyped)", name: "TypeError")
                }
                let metric = Metric(
                    try call.text(0, "name"), call.optionalText(1) ?? "", kind: kind,
                    labels: try call.texts(4, "labels"))
                do {
                    try registry.set(metric, to: call.number(3, "value"), owner: .script(call.script.index))
                } catch let error as MetricError {
                    throw HelperError("\(path): \(error)", code: "METRIC")
                }
                return "ok"
            }
        }
    }
}
