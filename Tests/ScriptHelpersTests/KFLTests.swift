import ScriptRuntime
import Testing

@testable import ScriptHelpers

@Suite("kfl")
struct KFLTests {
    private static let item = #"{ protocol: { abbr: "HTTP" }, response: { status: 500 }, request: { path: "/a" } }"#

    @Test("match tells whether an object is what the query describes, on hub and worker alike")
    func match() async throws {
        for role in [HelperContext.Role.hub, .worker] {
            let lines = try await HelperBench.run(
                """
                var item = \(Self.item);
                console.log(kfl.match("http and response.status == 500", item), kfl.match("dns", item));
                console.log(kfl.match("", item), kfl.match(item, "http"), kfl.match("request.path.startsWith('/a')", item));
                """, role: role)
            #expect(lines == ["true false", "true true true"])
        }
    }

    @Test("a query that is none throws where, each time, and validate says so without throwing")
    func errors() async throws {
        let lines = try await HelperBench.run(
            """
            for (var i = 0; i < 2; i++)
                try { kfl.match("http and and", {}); } catch (e) { console.log(e.code, e.message.split(" ")[0], e instanceof Error); }
            console.log(kfl.validate("http"), kfl.validate("http and and", true), kfl.validate(""));
            console.log(kfl.validate("dns or"));
            """)
        #expect(lines.prefix(3) == ["KFL_SYNTAX 1:10: true", "KFL_SYNTAX 1:10: true", "true false true"])
        #expect(lines.count == 5 && lines[3].contains("1:7:") && lines[4] == "false")
    }

    @Test("an item of onItemCaptured can be matched as it is, also one that nobody looked at before")
    func items() async throws {
        let bench = try HelperBench()
        try await bench.load("function onItemCaptured(d) { console.log(kfl.match('response.status >= 500', d)); }")
        bench.engine.deliver(ItemBatch(Items()), to: [0])
        await bench.engine.untilIdle()
        #expect(bench.console == ["true", "false"])
        await bench.end()
    }

    private struct Items: CapturedItems {
        var count: Int { 2 }
        var byteCount: Int { 64 }
        func json(at index: Int) -> [UInt8] { Array(#"{"response":{"status":\#(500 - index)}}"#.utf8) }
    }
}
