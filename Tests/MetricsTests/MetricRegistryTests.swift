import Testing

@testable import Metrics

@Suite("Metric registry")
struct MetricRegistryTests {
    private func gauge(_ name: String, _ labels: [(name: String, value: String)] = []) -> Metric {
        Metric(name, "", kind: .gauge, labels: labels)
    }

    @Test("labels are told apart by their names, not their order, and values are escaped")
    func labels() throws {
        let registry = MetricRegistry()
        try registry.set(gauge("a", [("x", "1"), ("y", "2")]), to: 1)
        try registry.set(gauge("a", [("y", "2"), ("x", "1")]), to: 2)
        try registry.set(gauge("a", [("x", "q\"\\\n"), ("y", "")]), to: .infinity)
        try registry.set(gauge("b"), to: .nan)
        try registry.set(Metric("c", "back\\slash\nline", kind: .untyped), to: 1e21)
        #expect(
            registry.exposition() == """
                # TYPE a gauge
                a{x="1",y="2"} 2
                a{x="q\\"\\\\\\n",y=""} +Inf
                # TYPE b gauge
                b NaN
                # HELP c back\\\\slash\\nline
                # TYPE c untyped
                c 1e+21

                """)
    }

    @Test("a series belongs to whoever set it last, and goes with that owner only")
    func owners() throws {
        let registry = MetricRegistry()
        try registry.set(gauge("shared"), to: 1, owner: .script(1))
        try registry.set(gauge("shared"), to: 2, owner: .script(2))
        try registry.set(gauge("own"), to: 3, owner: .script(1))
        #expect(registry.count(of: .script(1)) == 1)
        registry.remove(.script(1))
        #expect(registry.exposition() == "# TYPE shared gauge\nshared 2\n")
        registry.remove(.script(2))
        #expect(registry.exposition() == "")
        // A family that is gone leaves no memory of its kind or labels.
        try registry.set(Metric("shared", "", kind: .counter, labels: [("a", "b")]), to: 1, owner: .script(3))
    }

    @Test("a script has 10,000 series at most; those it has may still change")
    func limit() throws {
        let registry = MetricRegistry()
        for number in 0..<MetricRegistry.seriesLimit {
            try registry.set(gauge("a", [("n", String(number))]), to: 1, owner: .script(1))
        }
        #expect(throws: MetricError("the script has 10000 series, which is the limit: use fewer label values")) {
            try registry.set(gauge("a", [("n", "one more")]), to: 1, owner: .script(1))
        }
        try registry.set(gauge("a", [("n", "0")]), to: 2, owner: .script(1))
        try registry.set(gauge("a", [("n", "another's")]), to: 2, owner: .script(2))
        #expect(registry.count(of: .script(1)) == 10_000)
        registry.remove(.script(1))
        #expect(registry.exposition() == "# TYPE a gauge\na{n=\"another's\"} 2\n")
    }

    @Test(
        "names that Prometheus would not read are refused",
        arguments: [
            (name: "", label: "a"), (name: "1a", label: "a"), (name: "a-b", label: "a"), (name: "ä", label: "a"),
            (name: "a", label: ""), (name: "a", label: "1"), (name: "a", label: "b:c"), (name: "a", label: "__x"),
            (name: "a b", label: "a"), (name: "a\nb 1", label: "a"),
        ])
    func names(_ name: String, _ label: String) {
        #expect(throws: MetricError.self) {
            try MetricRegistry().set(gauge(name, [(label, "v")]), to: 1)
        }
    }

    @Test("kind and label names of a family stay as they were first")
    func conflicts() throws {
        let registry = MetricRegistry()
        try registry.set(gauge("a", [("x", "1")]), to: 1)
        #expect(throws: MetricError("the metric a is a gauge already, not a counter")) {
            try registry.set(Metric("a", "", kind: .counter, labels: [("x", "1")]), to: 1)
        }
        #expect(throws: MetricError("the metric a has other labels already: x")) {
            try registry.set(gauge("a"), to: 1)
        }
        #expect(throws: MetricError("the label x stands twice")) {
            try registry.set(gauge("b", [("x", "1"), ("x", "2")]), to: 1)
        }
        #expect(throws: MetricError("the metric c has more than 32 labels")) {
            try registry.set(gauge("c", (0...32).map { ("l\($0)", "") }), to: 1)
        }
    }
}
