import JSON
import Testing
import Threading

@testable import ScriptRuntime

/// Items of which each says how often it was written.
private final class WrittenItems: CapturedItems {
    let texts: [String]
    private let counts: Locked<[Int]>
    private let asked = Locked<[String]>([])
    private let membersAlone: Bool

    init(_ texts: [String], membersAlone: Bool = false) {
        self.texts = texts
        self.membersAlone = membersAlone
        counts = Locked(texts.map { _ in 0 })
    }

    convenience init(count: Int) { self.init((0..<count).map { #"{"id":"\#($0)","request":{"path":"/\#($0)"}}"# }) }

    var count: Int { texts.count }
    var byteCount: Int { texts.reduce(0) { $0 + $1.utf8.count } }
    var written: [Int] { counts.withLock { $0 } }

    /// The members that were asked for alone.
    var askedMembers: [String] { asked.withLock { $0 } }

    func item(at index: Int) -> (any CapturedItem)? {
        membersAlone ? Alone(text: texts[index], index: index, counts: counts, asked: asked) : nil
    }

    private struct Alone: CapturedItem {
        let text: String
        let index: Int
        let counts: Locked<[Int]>
        let asked: Locked<[String]>

        var byteCount: Int { text.utf8.count }

        func json() -> [UInt8] {
            counts.withLock { $0[index] += 1 }
            return Array(text.utf8)
        }

        func json(of member: String) -> [UInt8]? {
            asked.withLock { $0.append(member) }
            return (try? JSONValue(parsing: text))?[member]?.encoded()
        }
    }

    func json(at index: Int) -> [UInt8] {
        counts.withLock { $0[index] += 1 }
        return Array(texts[index].utf8)
    }
}

@Suite("Items in batches")
struct ItemTests {
    /// Delivers items to script 0 and returns what it printed.
    private func run(_ script: String, _ items: WrittenItems, _ bench: Bench = Bench()) async throws -> [String] {
        try await bench.load(0, script)
        bench.engine.deliver(ItemBatch(items), to: [0])
        await bench.engine.untilIdle()
        await bench.engine.shutdown()
        return bench.recorder.console
    }

    @Test("each item is a call, in order, and one that nobody looks at is never written")
    func lazy() async throws {
        let items = WrittenItems(count: 5)
        let console = try await run(
            "var n = 0; function onItemCaptured(d) { n++; if (n % 2 === 0) console.log(n, d.id, d.request.path, d.id); }",
            items)
        #expect(console == ["0 2 1 /1 1", "0 4 3 /3 3"])
        #expect(items.written == [0, 1, 0, 1, 0])
    }

    @Test("an item is an object like any other, whatever a script does with it")
    func objects() async throws {
        let checks: [(String, String)] = [
            ("JSON.stringify(d)", #"{"a":1,"b":{"c":[2]},"n":null}"#), ("Object.keys(d).join()", "a,b,n"),
            ("var k = []; for (var p in d) k.push(p); return k.join()", "a,b,n"), ("'a' in d", "true"),
            ("'x' in d", "false"), ("d.x", "undefined"), ("typeof d", "object"), ("d instanceof Object", "true"),
            ("Array.isArray(d)", "false"), ("d.hasOwnProperty('a')", "true"), ("d.a = 5; return d.a", "5"),
            ("d.x = 1; return JSON.stringify(d)", #"{"a":1,"b":{"c":[2]},"n":null,"x":1}"#),
            ("delete d.a; return Object.keys(d).join()", "b,n"), ("String(d)", "[object Object]"),
            ("d", #"{"a":1,"b":{"c":[2]},"n":null}"#), ("d === d", "true"),
            ("var e = Object.create(d); e.a = 9; return e.a + ' ' + d.a + ' ' + e.b.c[0]", "9 1 2"),
            (
                "Object.freeze(d); d.a = 2; d.x = 1; return d.a + ' ' + d.x + ' ' + Object.isFrozen(d)",
                "1 undefined true"
            ),
            ("Object.seal(d); d.a = 2; d.x = 1; return d.a + ' ' + d.x", "2 undefined"),
            ("Object.preventExtensions(d); d.x = 1; return d.x + ' ' + Object.isExtensible(d)", "undefined false"),
            (
                "Object.defineProperty(d, 'z', { value: 7 }); d.z = 8; return d.z + ' ' + Object.keys(d).join()",
                "7 a,b,n"
            ),
            ("Object.defineProperty(d, 'a', { get: function () { return 3; } }); return d.a", "3"),
            ("Object.getOwnPropertyNames(d).join()", "a,b,n"), ("test.pass(d); return d.passed", "true"),
            ("d.b.c.push(3); return JSON.stringify(d.b)", #"{"c":[2,3]}"#),
            ("d.toString === Object.prototype.toString", "true"),
            ("Object.getPrototypeOf(d) === Object.prototype", "true"), ("d.a > 0 && !d.n", "true"),
        ]
        let items = WrittenItems(checks.map { _ in #"{"a":1,"b":{"c":[2]},"n":null}"# })
        let bodies = checks.map { "function (d) { \($0.0.contains("return") ? $0.0 : "return \($0.0)") }" }
        let console = try await run(
            """
            var checks = [\(bodies.joined(separator: ",\n"))], at = 0;
            function onItemCaptured(d) { console.log(checks[at++](d)); }
            """, items)
        for (line, check) in zip(console, checks) { #expect(line == "0 \(check.1)", "\(check.0)") }
        #expect(console.count == checks.count)
    }

    @Test("items are dressed when they are read, and equal those that come as text")
    func views() async throws {
        let prelude = ScriptPrelude(
            name: "views",
            source: """
                (function (kit) {
                    kit.decorate("onItemCaptured", function (data) {
                        Object.setPrototypeOf(data, { get Id() { return this.id; }, set Id(v) { this.id = v; } });
                    });
                })
                """)
        let script = "function onItemCaptured(d) { d.Id += '!'; console.log(d.Id, d.id, JSON.stringify(d)); }"
        let expected = #"0 a! a! {"id":"a!"}"#
        let bench = Bench { $0.preludes = [prelude] }
        #expect(try await run(script, WrittenItems([#"{"id":"a"}"#]), bench) == [expected])
        let other = Bench { $0.preludes = [prelude] }
        try await other.load(0, script)
        await other.item(#"{"id":"a"}"#)
        #expect(other.recorder.console == [expected])
        await other.engine.shutdown()
    }

    @Test("an item is read member by member, until a script wants more than that")
    func members() async throws {
        let checks: [(String, String, members: [String], whole: Int)] = [
            ("d.a + d.a", "2", ["a"], 0),
            ("d.b.c[0] + ' ' + d.n", "2 null", ["b", "n"], 0),
            ("d.b === d.b", "true", ["b"], 0),
            ("d.b.c = 7; return JSON.stringify(d)", #"{"a":1,"b":{"c":7},"n":null}"#, ["b", "toJSON"], 1),
            ("d.b.c.push(3); d.x = 1; return JSON.stringify(d.b) + d.x", #"{"c":[2,3]}1"#, ["b"], 1),
            ("var b = d.b; return Object.keys(d).join() + (b === d.b)", "a,b,ntrue", ["b"], 1),
            ("d.a; d.a = 5; return d.a", "5", ["a"], 1),
            ("d.a; delete d.a; return d.a", "undefined", ["a"], 1),
            ("d.b; d.b = 3; return d.b", "3", ["b"], 1),
            ("d.none", "undefined", ["none"], 1),
            ("d.none; return d.none", "undefined", ["none"], 1),
            ("d.b; Object.freeze(d); d.b = 1; return JSON.stringify(d.b)", #"{"c":[2]}"#, ["b"], 1),
            ("var e = Object.create(d); return e.a + e.b.c[0]", "3", ["a", "b"], 0),
            ("d.hasOwnProperty('a')", "true", ["hasOwnProperty"], 1),
            ("d.__proto__ === Object.prototype", "true", ["__proto__"], 1),
        ]
        for check in checks {
            let items = WrittenItems([#"{"a":1,"b":{"c":[2]},"n":null}"#], membersAlone: true)
            let body = check.0.contains("return") ? check.0 : "return \(check.0)"
            let console = try await run(
                "function onItemCaptured(d) { console.log((function () { \(body) })()); }", items)
            #expect(console == ["0 \(check.1)"], "\(check.0)")
            #expect(items.askedMembers == check.members, "\(check.0)")
            #expect(items.written == [check.whole], "\(check.0)")
        }
    }

    @Test("a script that keeps an item of which it has read a member does not keep the others")
    func keptAlone() async throws {
        let bench = Bench()
        try await bench.load(
            0,
            """
            var kept;
            function onItemCaptured(d) { if (d.a === 1) kept = d; }
            function onHubAction() { console.log(kept.b, JSON.stringify(kept)); }
            """)
        weak var batch: WrittenItems?
        do {
            let items = WrittenItems((0..<9).map { #"{"a":\#($0),"b":"of \#($0)"}"# }, membersAlone: true)
            batch = items
            bench.engine.deliver(ItemBatch(items), to: [0])
        }
        // The engine collects garbage when a script has nothing to do.
        for _ in 0..<48_000 where batch != nil { try await Task.sleep(for: .milliseconds(5)) }
        #expect(batch == nil)
        bench.engine.deliver(.hubAction("tell", object: nil, sender: nil))
        await bench.engine.untilIdle()
        #expect(bench.recorder.console == [#"0 of 1 {"a":1,"b":"of 1"}"#])
        await bench.engine.shutdown()
    }

    @Test("a member that is read alone is dressed as it is within its item")
    func membersAreDressed() async throws {
        let prelude = ScriptPrelude(
            name: "views",
            source: """
                (function (kit) {
                    const names = { get C() { return this.c; } };
                    kit.decorate("onItemCaptured", function (data) {
                        if (data.b) Object.setPrototypeOf(data.b, names);
                    });
                })
                """)
        let items = WrittenItems([#"{"b":{"c":2}}"#], membersAlone: true)
        let script = "function onItemCaptured(d) { console.log(d.b.C, Object.keys(d).join(), d.b.C); }"
        #expect(try await run(script, items, Bench { $0.preludes = [prelude] }) == ["0 2 b 2"])
        #expect(items.askedMembers == ["b"] && items.written == [1])
    }

    @Test("an item that a script keeps can be read later, and each script has objects of its own")
    func kept() async throws {
        let bench = Bench()
        let items = WrittenItems(count: 3)
        try await bench.load(
            0,
            "var kept = []; function onItemCaptured(d) { kept.push(d); if (kept.length === 3) setTimeout(tell, 1); }"
                + "function tell() { kept[0].id = 'mine'; console.log(kept.map(function (d) { return d.id; }).join()); }"
        )
        try await bench.load(1, "function onItemCaptured(d) { console.log(d.id); }")
        bench.engine.deliver(ItemBatch(items), to: [0, 1])
        for _ in 0..<12_000 where bench.recorder.console.count < 4 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(bench.recorder.console.sorted() == ["0 mine,1,2", "1 0", "1 1", "1 2"])
        #expect(items.written == [2, 2, 2])
        await bench.engine.shutdown()
    }

    @Test("a hook that throws, or does not end, costs its own item and no other")
    func failures() async throws {
        let bench = Bench { configuration in shortBudget(&configuration.budget) }
        let console = try await run(
            """
            function onItemCaptured(d) {
                if (d.id === "1") throw new Error("no");
                if (d.id === "2") while (true) {}
                console.log(d.id);
            }
            """, WrittenItems(count: 5), bench)
        #expect(console.filter { !$0.contains("(hook=") } == ["0 0", "0 3", "0 4"])
        #expect(console.count { $0.contains("(hook=onItemCaptured) Error: no") } == 1)
        #expect(console.count { $0.contains("(hook=onItemCaptured)") } == 2)
    }

    @Test("after a long call others get their turn, and the rest of the batch comes after that")
    func turns() async throws {
        let console = try await run(
            """
            setTimeout(function () { console.log("timer"); }, 1);
            function onItemCaptured(d) {
                var start = Date.now();
                while (Date.now() - start < 20) {}
                console.log(d.id);
            }
            """, WrittenItems(count: 3))
        #expect(console.filter { $0 != "0 timer" } == ["0 0", "0 1", "0 2"])
        #expect((console.firstIndex(of: "0 timer") ?? 9) < 3)
    }

    @Test("a new version goes on with the item behind the one at which the old one ended")
    func swap() async throws {
        let bench = Bench()
        // The old one would need twelve seconds for all: the new one comes in time on a busy machine, too.
        try await bench.load(
            0,
            "function onItemCaptured(d) { var s = Date.now(); while (Date.now() - s < 30) {} console.log('old', d.id); }"
        )
        let count = 6 * ItemBatch.capacity
        let items = (0..<count).map { #"{"id":"\#($0)"}"# }
        for start in stride(from: 0, to: count, by: ItemBatch.capacity) {
            let batch = WrittenItems(Array(items[start..<(start + ItemBatch.capacity)]))
            bench.engine.deliver(ItemBatch(batch), to: [0])
        }
        for _ in 0..<48_000 where bench.recorder.console.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        try await bench.load(0, "function onItemCaptured(d) { console.log('new', d.id); }")
        await bench.engine.untilIdle()
        let console = bench.recorder.console
        #expect(console.map { $0.split(separator: " ").last.map(String.init) } == (0..<count).map { "\($0)" })
        #expect(console.first == "0 old 0" && console.last == "0 new \(count - 1)")
        await bench.engine.shutdown()
    }

    @Test("calls are counted one by one, and a script without the hook gets nothing")
    func counts() async throws {
        let bench = Bench()
        try await bench.load(0, "function onItemCaptured() {}")
        try await bench.load(1, "var a;")
        let items = WrittenItems(count: 64)
        bench.engine.deliver(ItemBatch(items), to: [0, 1, 7])
        await bench.engine.untilIdle()
        let status = bench.engine.statuses.first { $0.script.index == 0 }
        #expect(status?.calls[.itemCaptured] == 64 && status?.dropped == 0)
        #expect(items.written.allSatisfy { $0 == 0 })
        await bench.engine.shutdown()
    }

    @Test("a queue that overflows drops whole batches and counts their items")
    func overflow() async throws {
        let bench = Bench { configuration in configuration.budget.queueCount = 2 }
        try await bench.load(
            0,
            "var n = 0; function onItemCaptured(d) { if (n++ === 0) { var s = Date.now(); while (Date.now() - s < 300) {} } }"
        )
        for _ in 0..<10 { bench.engine.deliver(ItemBatch(WrittenItems(count: 8)), to: [0]) }
        await bench.engine.untilIdle()
        let status = bench.engine.statuses.first { $0.script.index == 0 }
        #expect((status?.calls[.itemCaptured] ?? 0) + (status?.dropped ?? 0) == 80)
        #expect(status?.dropped ?? 0 > 0)
        await bench.engine.shutdown()
    }
}
