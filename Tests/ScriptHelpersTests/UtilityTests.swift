import JSON
import Metrics
import Testing

@testable import ScriptHelpers

@Suite("utils, aggregation, prometheus")
struct UtilityTests {
    @Test("scripts learn where they run: the node's name and the worker's, and the hub's own word")
    func names() async throws {
        let source = "console.log(utils.nodeName(), utils.workerName());"
        #expect(try await HelperBench.run(source) == ["node-a shop/cart-1"])
        #expect(try await HelperBench.run(source, role: .hub) == ["hub shop/cart-1"])
    }

    @Test("JSON becomes YAML, given as a text or as an object; what is no JSON is named")
    func yaml() async throws {
        let lines = try await HelperBench.run(
            #"""
            console.log(utils.json2Yaml('{"a":[1,{"b":"yes"}],"c":null}'));
            console.log(utils.json2Yaml({ x: "1" }));
            try { utils.json2Yaml("{a:1}"); } catch (e) { console.log(e.name, e.code, e instanceof Error); }
            """#)
        #expect(
            lines == [
                "a:\n- 1\n- b: \"yes\"\nc: null\n", "x: \"1\"\n", "SyntaxError JSON_SYNTAX true",
            ])
    }

    @Test("aggregation writes one JSON line each, with the time, the script and the node")
    func aggregation() async throws {
        let bench = try HelperBench()
        try await bench.load(
            #"""
            aggregation.msg("T", "hello\nyou");
            aggregation.json("T", "k", { a: 1 });
            aggregation.jsonWithMsg("T", "k", [2], "text");
            """#)
        await bench.end()
        let values = try bench.aggregation.map { line -> JSONValue in
            #expect(!line.contains("\n"))
            var value = try JSONValue(parsing: line)
            #expect(value["time"]?.string?.hasSuffix("Z") == true)
            value["time"] = nil
            return value
        }
        #expect(
            values == [
                ["script": "0.js", "node": "node-a", "tag": "T", "text": "hello\nyou"],
                ["script": "0.js", "node": "node-a", "tag": "T", "key": "k", "value": ["a": 1]],
                ["script": "0.js", "node": "node-a", "tag": "T", "text": "text", "key": "k", "value": [2]],
            ])
    }

    @Test("series of scripts are set to absolute values, named in errors, and gone with their script")
    func series() async throws {
        let bench = try HelperBench()
        try await bench.load(
            #"""
            console.log(prometheus.vector("s_requests_total", "Requests seen", 1, 5, { s_pod: 'a"b' }));
            prometheus.vector("s_requests_total", "Requests seen", 1, 7, { s_pod: 'a"b' });
            prometheus.metric("s_load", "Load", 2, 0.5);
            function refused(f) { try { f(); console.log("taken"); } catch (e) { console.log(e.code, e.message); } }
            refused(function () { prometheus.vector("9x", "", 1, 1, {}); });
            refused(function () { prometheus.vector("s_load", "", 1, 1); });
            refused(function () { prometheus.vector("s_requests_total", "", 1, 1, { other: 1 }); });
            refused(function () { prometheus.vector("x", "", 4, 1); });
            refused(function () { prometheus.vector("remora_up", "", 2, 1); });
            """#)
        let page = bench.helpers.context.metrics.exposition()
        #expect(
            page == """
                # HELP s_load Load
                # TYPE s_load gauge
                s_load 0.5
                # HELP s_requests_total Requests seen
                # TYPE s_requests_total counter
                s_requests_total{s_pod="a\\"b"} 7

                """)
        #expect(
            bench.console == [
                "ok",
                #"METRIC prometheus.vector: "9x" is no metric name: it must match [a-zA-Z_:][a-zA-Z0-9_:]*"#,
                "METRIC prometheus.vector: the metric s_load is a gauge already, not a counter",
                "METRIC prometheus.vector: the metric s_requests_total has other labels already: s_pod",
                "undefined prometheus.vector: argument 3 (type) is none of 1 (counter), 2 (gauge), 3 (untyped)",
                "METRIC prometheus.vector: the metric name remora_up begins with remora_, which is Remora's own",
            ])
        await bench.engine.unload(0)
        #expect(bench.helpers.context.metrics.exposition() == "")
        await bench.end()
    }
}
