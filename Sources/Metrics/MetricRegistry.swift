internal import OrderedCollections
internal import Threading

/// The figures that a process shows on its `/metrics` page: Remora's own, and those of scripts.
///
/// Thread-safe. A series belongs to whoever set it last, and goes with its owner, so that a deleted script leaves nothing
/// behind. Names are checked, so that no script can make the page unreadable for everybody else.
package final class MetricRegistry: Sendable {
    /// Series that one script may have. Prometheus holds each in memory for hours: ten thousand is a lot of labels'
    /// values already, and a label with an address or an id in it passes it within minutes.
    package static let seriesLimit = 10_000
    /// What Remora's own names begin with; scripts may not use it.
    package static let ownPrefix = "remora_"

    /// Whose a series is.
    package enum Owner: Sendable, Hashable {
        /// Remora's own.
        case process
        /// A script's, named by its key.
        case script(Int)
    }

    private struct Series: Sendable {
        var value: Double
        var owner: Owner
    }

    private struct Family: Sendable {
        let kind: MetricKind
        let help: String
        let labelNames: [String]
        /// By the values of the labels, in the order of their names.
        var series: OrderedDictionary<[String], Series> = [:]
    }

    private struct State: Sendable {
        var families: [String: Family] = [:]
        var counts: [Owner: Int] = [:]
    }

    private let state = Locked(State())

    /// An empty page.
    package init() {}

    /// Sets a series to a value.
    package func set(_ metric: Metric, to value: Double, owner: Owner = .process) throws(MetricError) {
        try change(metric, owner) { $0 = value }
    }

    /// Adds to a series, which begins at 0. For Remora's own names, which are right: a wrong one is a mistake of ours.
    package func add(_ amount: Double, to metric: Metric) {
        do {
            try change(metric, .process) { $0 += amount }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Removes all series of an owner.
    package func remove(_ owner: Owner) {
        state.withLock { state in
            for name in Array(state.families.keys) {
                state.families[name]?.series.removeAll { $0.value.owner == owner }
                if state.families[name]?.series.isEmpty ?? false { state.families[name] = nil }
            }
            state.counts[owner] = nil
        }
    }

    /// How many series an owner has.
    package func count(of owner: Owner) -> Int { state.withLock { $0.counts[owner] ?? 0 } }

    /// The page in Prometheus' text format, version 0.0.4
    /// (https://prometheus.io/docs/instrumenting/exposition_formats/).
    package func exposition() -> String {
        let families = state.withLock { $0.families }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            if !family.help.isEmpty { text += "# HELP \(name) \(Self.escaped(family.help, quote: false))\n" }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (values, series) in family.series {
                let labels = zip(family.labelNames, values).map { "\($0)=\"\(Self.escaped($1, quote: true))\"" }
                text += labels.isEmpty ? name : "\(name){\(labels.joined(separator: ","))}"
                text += " \(Self.number(series.value))\n"
            }
        }
        return text
    }

    /// The media type of ``exposition()``.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    // MARK: Changing

    private func change(
        _ metric: Metric, _ owner: Owner, _ update: (inout Double) -> Void
    ) throws(MetricError) {
        try metric.check()
        guard owner == .process || !metric.name.hasPrefix(Self.ownPrefix) else {
            throw MetricError("the metric name \(metric.name) begins with \(Self.ownPrefix), which is Remora's own")
        }
        let labels = metric.labels.sorted { $0.name < $1.name }
        let result = state.withLock { state in
            Result { () throws(MetricError) in
                try Self.change(&state, metric, labels.map(\.name), labels.map(\.value), owner, update)
            }
        }
        try result.get()
    }

    private static func change(
        _ state: inout State, _ metric: Metric, _ labelNames: [String], _ values: [String], _ owner: Owner,
        _ update: (inout Double) -> Void
    ) throws(MetricError) {
        let family =
            state.families[metric.name] ?? Family(kind: metric.kind, help: metric.help, labelNames: labelNames)
        guard family.kind == metric.kind else {
            throw MetricError("the metric \(metric.name) is a \(family.kind) already, not a \(metric.kind)")
        }
        guard family.labelNames == labelNames else {
            let known = family.labelNames.joined(separator: ", ")
            throw MetricError("the metric \(metric.name) has other labels already: \(known.isEmpty ? "none" : known)")
        }
        let former = family.series[values]
        if former?.owner != owner {
            let count = state.counts[owner] ?? 0
            guard owner == .process || count < seriesLimit else {
                throw MetricError("the script has \(seriesLimit) series, which is the limit: use fewer label values")
            }
            state.counts[owner] = count + 1
            if let loser = former?.owner { state.counts[loser, default: 1] -= 1 }
        }
        var value = former?.value ?? 0
        update(&value)
        if state.families[metric.name] == nil { state.families[metric.name] = family }
        state.families[metric.name]?.series[values] = Series(value: value, owner: owner)
    }

    // MARK: Text

    private static func escaped(_ text: String, quote: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x0a || $0 == 0x22 }) else { return text }
        let escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quote ? escaped.replacing("\"", with: "\\\"") : escaped
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
