import FoundationEssentials
import JSON
import LocalRun
import ScriptFolder
import ScriptRuntime
import Testing

@Suite("A run without a cluster", .timeLimit(.minutes(3)))
struct RunSessionTests {
    let folder: Folder
    let recorder = RunRecorder()

    init() throws { folder = try Folder() }

    /// Settings of a run over the folder that ends by itself.
    func settings(_ configure: (inout RunSettings) -> Void = { _ in }) -> RunSettings {
        var settings = RunSettings()
        settings.sources = [ScriptSource(path: folder.path)]
        settings.endsWithInputs = true
        configure(&settings)
        return settings
    }

    func run(
        _ inputs: [any RunInput] = [], helpers: [HostFunction] = [],
        _ configure: (inout RunSettings) -> Void = { _ in }
    ) async throws -> RunOutcome {
        try await RunSession(settings(configure), inputs: inputs, helpers: helpers, reporter: recorder).run()
    }

    // MARK: Once

    @Test("items of a recording reach the hook, and the run ends when all are worked off")
    func items() async throws {
        try folder.write(
            "a.js", "// Count\nvar n = 0; function onItemCaptured(d) { n += d.x; if (n === 3) console.log('sum', n); }")
        let items = try folder.write("items.jsonl", "{\"x\":1}\n\n{\"x\":2}\r\n")
        let outcome = try await run([ItemRecording(path: items)])
        #expect(recorder.all == ["loaded a.js onItemCaptured", "> sum 3"])
        #expect(outcome == RunOutcome(scripts: 1))
        #expect(outcome.isGood)
    }

    @Test("a recording longer than a script's queue loses nothing")
    func longRecording() async throws {
        try folder.write(
            "a.js",
            "var n = 0; function onItemCaptured(d) { n++; } jobs.schedule('report', '0 0 0 1 1 *', function () { console.log(n); });"
        )
        let items = try folder.write("items.jsonl", String(repeating: "{\"x\":1}\n", count: 10_000))
        _ = try await run([ItemRecording(path: items)]) { $0.runsJobsAtEnd = true }
        #expect(recorder.all.contains("> 10000"))
    }

    @Test("scripts that do not load and hooks that throw make the outcome bad, and the others run")
    func failures() async throws {
        try folder.write("a.js", "function onItemCaptured(d) {\n  throw new Error('no');\n}")
        try folder.write("b.js", "var a = ;")
        try folder.write("c.js", "function onItemCaptured(d) { console.log('fine'); }")
        let items = try folder.write("items.jsonl", "{}\n")
        let outcome = try await run([ItemRecording(path: items)])
        #expect(recorder.all.contains("refused b.js:1:9 none"))
        #expect(recorder.all.contains("! (hook=onItemCaptured) Error: no at a:2:18"))
        #expect(recorder.all.contains("> fine"))
        #expect(outcome == RunOutcome(scripts: 2, refusals: 1, failures: 1))
        #expect(!outcome.isGood)
    }

    @Test("what the user named and is not there is refused with the reason")
    func refusals() async throws {
        await #expect(throws: RunRefusal("\(folder.path)/no: no such file or directory")) {
            _ = try await run { $0.sources = [ScriptSource(path: folder.path + "/no")] }
        }
        await #expect(
            throws: RunRefusal(
                "there is no script in \(folder.path): scripts are files that end in .js ('remora init \(folder.path)' writes a first one)"
            )
        ) { _ = try await run() }
        try folder.write("a.js", "")
        await #expect(throws: RunRefusal("\(folder.path)/no.jsonl: no such file or directory")) {
            _ = try await run([ItemRecording(path: folder.path + "/no.jsonl")])
        }
    }

    @Test("only the scripts whose titles are active run")
    func active() async throws {
        try folder.write("a.js", "// One\nconsole.log(1);")
        try folder.write("b.js", "// Two\nconsole.log(2);")
        _ = try await run { $0.activeTitles = ["Two"] }
        #expect(
            recorder.all == [
                "notice \(folder.path)/a.js: \"One\" is not among the active scripts (scripting.active)", "> 2",
                "loaded b.js ",
            ])
    }

    @Test("a filter of a script keeps items from it, and one that is none is told on its console")
    func filters() async throws {
        try folder.write("a.js", "function onItemCaptured(d) { console.log('a', d.n); }")
        try folder.write(
            "b.js", "function onItemCaptured(d) { console.log('b', d.n); } onItemCaptured.filter = 'n > 1';")
        try folder.write(
            "c.js", "function onItemCaptured(d) { console.log('c', d.n); } onItemCaptured.filter = 'n > ';")
        let items = try folder.write("items.jsonl", "{\"n\":1}\n{\"n\":2}\n")
        _ = try await run([ItemRecording(path: items)])
        #expect(recorder.all.filter { $0.hasPrefix(">") }.sorted() == ["> a 1", "> a 2", "> b 2"])
        let errors = recorder.all.filter { $0.hasPrefix("!") }
        #expect(errors.count == 1)
        #expect(errors.first?.hasPrefix("! onItemCaptured.filter: 1:") == true)
        #expect(errors.first?.hasSuffix("; the script gets no items") == true)
    }

    @Test("an input for which no script has a hook says so")
    func unwanted() async throws {
        try folder.write("a.js", "")
        let items = try folder.write("items.jsonl", "{}\n")
        _ = try await run([ItemRecording(path: items)])
        #expect(recorder.all.contains("notice \(items): no script has onItemCaptured"))
    }

    // MARK: Pods

    private let pods = """
        {"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"cart","namespace":"shop","managedFields":[1]}}}
        {"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}
        {"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"cart"
        nonsense
        {"type":"UPSERT","object":{}}
        {"type":"ADDED","object":{"kind":"Node","metadata":{"name":"n"}}}
        {"type":"ERROR","object":{"kind":"Status","message":"too old resource version"}}
        {"object":{}}
        {"type":"ADDED","object":{"metadata":{}}}
        {"type":"modified","object":{"metadata":{"name":"cart","namespace":"shop"}},"change":{"kind":"crashed"}}
        {"type":"ADDED","object":{"metadata":{"name":"orders","namespace":"shop"}}}
        {"type":"DELETED","object":{"metadata":{"name":"cart","namespace":"shop"}}}

        """

    @Test("recorded pod events are replayed with both views, and garbled lines are named and skipped")
    func podEvents() async throws {
        try folder.write(
            "a.js",
            """
            function onPodEvent(event, pod, change) {
              console.log(event, pod.metadata.name, pod.ObjectMeta.Namespace, change && change.kind, pod.metadata.managedFields);
            }
            """)
        let path = try folder.write("pods.jsonl", pods)
        let outcome = try await run([PodEventRecording(path: path)])
        #expect(
            recorder.all.filter { $0.hasPrefix(">") } == [
                "> ADDED cart shop null undefined", "> MODIFIED cart shop crashed undefined",
                "> ADDED orders shop null undefined", "> DELETED cart shop null undefined",
            ])
        #expect(
            recorder.all.filter { $0.hasPrefix("problem") } == [
                "problem \(path):3: JSON ends too early, at byte 64; skipped",
                "problem \(path):4: JSON: expected a value at byte 0; skipped",
                "problem \(path):5: its type is \"UPSERT\" and not ADDED, MODIFIED or DELETED; skipped",
                "problem \(path):6: is about a Node and not a Pod; skipped",
                "problem \(path):7: is an error of the watch: too old resource version; skipped",
                "problem \(path):8: is no watch event: it has no \"type\"; skipped",
                "problem \(path):9: its object has no metadata.name; skipped",
            ])
        #expect(outcome.isGood)
    }

    @Test("hub.targeted lists the pods that are there")
    func targeted() async throws {
        try folder.write(
            "a.js",
            """
            jobs.schedule("list", "@hourly", function () {
              console.log(JSON.parse(hub.targeted()).targets.map(function (p) { return p.metadata.name; }).join());
            });
            """)
        let path = try folder.write("pods.jsonl", pods)
        _ = try await run([PodEventRecording(path: path)]) { $0.runsJobsAtEnd = true }
        #expect(recorder.all.contains("> orders"))
    }

    // MARK: The hub

    @Test("on the hub an action reaches every script, with its sender")
    func action() async throws {
        try folder.write(
            "a.js",
            """
            // Sender
            hub.action("hello", { n: 1, f: function () {} });
            function onHubAction(action, object, sender) {
              console.log(action, object, sender.script, sender.index, sender.node, typeof sender.time);
            }
            """)
        try folder.write("b.js", "function onHubAction(action) { console.log('b', action); }")
        _ = try await run { $0.node = "hub" }
        // The first one was sent before any script was in service.
        #expect(!recorder.all.contains { $0.hasPrefix("> b") })

        try folder.write(
            "a.js",
            """
            // Sender
            jobs.schedule("send", "@hourly", function () { hub.action("hello", { n: 1, f: function () {} }); });
            function onHubAction(action, object, sender) {
              console.log(action, object, sender.script, sender.index, sender.node, typeof sender.time);
            }
            """)
        _ = try await run {
            $0.node = "hub"
            $0.runsJobsAtEnd = true
        }
        #expect(recorder.all.contains("> hello {\"n\":1} Sender 0 hub string"))
        #expect(recorder.all.contains("> b hello"))
    }

    @Test("on a worker an action goes nowhere, which is said once")
    func noHub() async throws {
        try folder.write(
            "a.js", "hub.action('x'); hub.action('y', 1); function onHubAction() { console.log('never'); }")
        _ = try await run()
        #expect(recorder.all.filter { $0.hasPrefix("notice") }.count == 1)
        #expect(
            recorder.all.contains {
                $0.hasPrefix("notice hub.action(\"x\") goes nowhere: this process plays the worker local")
            })
        #expect(!recorder.all.contains("> never"))
    }

    // MARK: Helpers

    @Test("a helper that is not there says so, with a code")
    func missingHelper() async throws {
        try folder.write(
            "a.js",
            """
            try { pcap.snapshot(); } catch (e) { console.log(e instanceof Error, e.code, e.message); }
            try { vendor.kinesis.put("s", "p", "r"); } catch (e) { console.log(e.message); }
            console.log(typeof vendor.slak);
            """)
        _ = try await run()
        #expect(
            recorder.all.filter { $0.hasPrefix(">") } == [
                "> true UNAVAILABLE pcap.snapshot: there are no capture files in this run",
                "> vendor.kinesis.put: this helper is not available in remora run", "> undefined",
            ])
    }

    @Test("helpers that are given come before those that are missing, and those of the run before both")
    func helpers() async throws {
        try folder.write(
            "a.js",
            """
            console.log(vendor.webhook("POST", "http://x/", "body"), utils.nodeName(), utils.workerName());
            console.log(utils.json2Yaml('{"a":[1]}'), kfl.match('protocol.name == "http"', { protocol: { name: "http" } }), kfl.validate("(", true));
            try { utils.json2Yaml("{"); } catch (e) { console.log(e.code); }
            """)
        _ = try await run(
            helpers: [
                HostFunction("vendor.webhook") { call in .json(.string("sent \(try call.text(2, "body"))")) },
                HostFunction("utils.nodeName") { _ in "other" },
            ]
        ) { $0.node = "node-3" }
        let lines = recorder.all.filter { $0.hasPrefix(">") }
        #expect(lines == ["> sent body node-3 local/node-3", "> a:\n- 1\n true false", "> JSON_SYNTAX"])
    }

    @Test("maps are joined: numbers added, maps joined, lists appended, else the second wins")
    func joinMaps() async throws {
        try folder.write(
            "a.js",
            """
            var a = { n: 1, m: { x: 1, y: 2 }, l: [1], t: "a", only: true };
            console.log(wrapper.joinMaps(a, { n: 2, m: { x: 10 }, l: [2], t: "b", z: null }));
            console.log(wrapper.joinMaps(undefined, { a: 1 }), wrapper.joinMaps(null, null), a);
            """)
        _ = try await run()
        #expect(
            recorder.all.filter { $0.hasPrefix(">") } == [
                #"> {"n":3,"m":{"x":11,"y":2},"l":[1,2],"t":"b","only":true,"z":null}"#,
                #"> {"a":1} {} {"n":1,"m":{"x":1,"y":2},"l":[1],"t":"a","only":true}"#,
            ])
    }

    @Test("files of scripts are fenced into the data folder")
    func dataFolder() async throws {
        try folder.write(
            "a.js",
            """
            file.write("out.txt", "hello");
            try { file.write("../out.txt", "x"); } catch (e) { console.log("refused"); }
            """)
        _ = try await run { $0.dataFolder = folder.path + "/data" }
        #expect(recorder.all.contains("> refused"))
        let written = try String(contentsOfFile: folder.path + "/data/out.txt", encoding: .utf8)
        #expect(written == "hello")
    }

    @Test("env is what the settings say, and each of its keys a global")
    func environment() async throws {
        try folder.write("a.js", "console.log(env.A, A, JSON.stringify(env));")
        _ = try await run { $0.environment = ["A": "1", "LIMIT": 10] }
        #expect(recorder.all.contains("> 1 1 {\"A\":\"1\",\"LIMIT\":10}"))
    }
}
