import Testing

@testable import ScriptRuntime

@Suite("Subscriptions")
struct SubscriptionTests {
    @Test("a filter is a text on the hook, and scripts without one want everything")
    func filters() async throws {
        let bench = Bench()
        try await bench.load(
            2, "function onItemCaptured() {} onItemCaptured.filter = 'http and response.status >= 500';")
        try await bench.load(1, "function onItemCaptured() {} onItemCaptured.filter = 500;")
        try await bench.load(0, "function onPodEvent() {} onPodEvent.filter = 'x';")
        #expect(
            bench.engine.subscriptions(to: .itemCaptured) == [
                HookSubscription(script: ScriptIdentity(index: 1, title: "1.js"), filter: nil),
                HookSubscription(
                    script: ScriptIdentity(index: 2, title: "2.js"), filter: "http and response.status >= 500"),
            ])
        #expect(bench.engine.subscriptions(to: .podEvent).map(\.filter) == ["x"])
        #expect(bench.engine.subscriptions(to: .packetCaptured) == [])
        await bench.engine.shutdown()
    }

    @Test("whatever changes what scripts subscribe to makes the version grow, and calls that change nothing do not")
    func version() async throws {
        let bench = Bench()
        var seen = bench.engine.subscriptionVersion
        func hasGrown() -> Bool {
            defer { seen = bench.engine.subscriptionVersion }
            return bench.engine.subscriptionVersion > seen
        }
        try await bench.load(0, "function onItemCaptured(d) { if (d.to) onItemCaptured.filter = d.to; }")
        #expect(hasGrown())
        await bench.item()
        #expect(!hasGrown())
        await bench.item(#"{"to": "dns"}"#)
        #expect(hasGrown())
        #expect(bench.engine.subscriptions(to: .itemCaptured).map(\.filter) == ["dns"])
        try await bench.load(0, "var onItemCaptured = function () {};")
        #expect(hasGrown())
        #expect(bench.engine.subscriptions(to: .itemCaptured).map(\.filter) == [nil])
        await bench.engine.unload(0)
        #expect(hasGrown())
        #expect(bench.engine.subscriptions(to: .itemCaptured) == [])
        await bench.engine.shutdown()
    }

    @Test("a filter whose getter throws or never ends costs the script its hooks' filters, and nothing else")
    func hostileFilter() async throws {
        let bench = Bench { shortBudget(&$0.budget) }
        try await bench.load(
            0,
            """
            function onItemCaptured(d) { console.log(d.n); }
            Object.defineProperty(onItemCaptured, "filter", { get: function () { for (;;) {} } });
            """)
        try await bench.load(1, "function onItemCaptured(d) { console.log(d.n); }")
        await bench.item(#"{"n": 1}"#)
        #expect(bench.recorder.console.contains("1 1"))
        await bench.engine.shutdown()
    }

    @Test("a call reaches only the scripts that it is for, and of these only those with the hook")
    func deliveryToSome() async throws {
        let bench = Bench()
        for index in 0..<3 { try await bench.load(index, "function onItemCaptured(d) { console.log(d.n); }") }
        try await bench.load(3, "function onPodEvent() {}")
        bench.engine.deliver(.itemCaptured(Array(#"{"n": 1}"#.utf8)), to: [0, 2, 3, 9])
        bench.engine.deliver(.itemCaptured(Array(#"{"n": 2}"#.utf8)), to: [])
        await bench.engine.untilIdle()
        #expect(bench.recorder.console.sorted() == ["0 1", "2 1"])
        await bench.engine.shutdown()
    }

    @Test("a message about a script goes to its console")
    func report() async throws {
        let bench = Bench()
        try await bench.load(4, "function onItemCaptured() {}")
        bench.engine.report("onItemCaptured.filter: column 3: expected a value", to: 4)
        bench.engine.report("nobody", to: 5)
        #expect(bench.recorder.console == ["4! onItemCaptured.filter: column 3: expected a value"])
        await bench.engine.shutdown()
    }
}
