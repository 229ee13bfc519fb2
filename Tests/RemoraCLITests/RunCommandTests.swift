import FoundationEssentials
import JSON
import RemoraProgram
import Testing

/// The commands for scripts, as a user calls them.
@Suite("remora run, check and init", .timeLimit(.minutes(3)))
struct RunCommandTests {
    let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "remora-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: folder + "/" + name))
        return folder + "/" + name
    }

    func remora(_ arguments: String...) async throws -> (status: Int32, output: String, errors: String) {
        let result = try await RemoraProgram.run(arguments)
        guard case .exited(let status) = result.status else {
            Issue.record("\(arguments) ended by \(result.status)")
            return (-1, result.output, result.errors)
        }
        return (Int32(status), result.output, result.errors)
    }

    // MARK: run

    @Test("output goes to standard output with node and number, errors and notes to standard error, without colour")
    func run() async throws {
        let script = try write("a.js", "// Title\nconsole.log('hello', env.WHO);\nconsole.error('oh');")
        let result = try await remora("run", script, "--once", "--node", "node-3", "--env", "WHO=you")
        #expect(result.status == 0)
        #expect(result.output == "[node-3-0] hello you\n")
        #expect(result.errors.hasPrefix("[node-3-0:ERROR] oh\n# \(script): loaded, revision "))
        #expect(result.errors.hasSuffix(", no hooks\n"))
        #expect(!(result.output + result.errors).contains("\u{1b}"))
    }

    @Test("a script that does not load, or a hook that throws, makes the status 1")
    func failures() async throws {
        let broken = try write("broken.js", "var a = 1;\nvar b = ;\n")
        var result = try await remora("run", broken, "--once")
        #expect(result.status == 1)
        #expect(result.errors.contains("# \(broken):2:9: not loaded: SyntaxError"))

        let throwing = try write("throwing.js", "function onItemCaptured(d) { throw new Error('no ' + d.x); }")
        let items = try write("items.jsonl", "{\"x\":1}\n")
        result = try await remora("run", throwing, "--items", items, "--once")
        #expect(result.status == 1)
        #expect(result.errors.contains("[local-0:ERROR] (hook=onItemCaptured) Error: no 1 at throwing:1:"))
    }

    @Test("what is asked for and is not there is named, with status 2")
    func missing() async throws {
        let script = try write("a.js", "function onPacketCaptured() {}")
        let text = try write("text.pcap", "no capture file at all")
        let cases: [([String], String)] = [
            (["run", folder + "/none.js"], "error: \(folder)/none.js: no such file or directory"),
            (["run", script, "--pcap", text], "error: \(text) is no pcap or pcapng file: it begins with"),
            (["run", script, "--pcap", folder + "/none.pcap", "--once"], "none.pcap"),
            (["run", script, "--pod-events", folder + "/p.jsonl"], "p.jsonl: no such file or directory"),
            (["run", script, "--config", folder + "/c.yaml"], "c.yaml: no such file or directory"),
            (["run", script, "--env", "NOVALUE"], "\"NOVALUE\" is no assignment: write NAME=value"),
            (["run", script, "--frobnicate"], "Unknown option '--frobnicate'"),
            (["run"], "Name a script or a folder of scripts: remora run scripts"),
            (["run", script, "--run-jobs"], "--run-jobs goes with --once."),
            (["run", script, "--interface", "lo", "--once"], "--once needs an end, and an interface has none."),
            (["run", script, "--output", "xml"], "'xml' is invalid"),
        ]
        for (arguments, message) in cases {
            let result = try await RemoraProgram.run(arguments)
            #expect(result.status == .exited(2), "\(arguments)")
            #expect(result.errors.contains(message), "\(arguments): \(result.errors)")
        }
        let empty = folder + "/empty"
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        let result = try await remora("run", empty, "--once")
        #expect(result.status == 2)
        #expect(
            result.errors.contains("there is no script in \(empty): scripts are files that end in .js ('remora init"))
    }

    @Test("json has one object a line for everything, on standard output")
    func json() async throws {
        try write("a.js", "// A\nconsole.log('x\\ny');\nfunction onPodEvent() {}")
        try write("b.js", "var;")
        let result = try await remora("run", folder, "--once", "--output", "json")
        #expect(result.status == 1)
        #expect(result.errors == "")
        let objects = try result.output.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        #expect(objects.map { $0["event"]?.string } == ["console", "loaded", "console", "refused"])
        #expect(objects[0]["text"] == "x\ny" && objects[0]["level"] == "log" && objects[0]["script"] == "A")
        #expect(objects[1]["hooks"] == ["onPodEvent"] && objects[1]["reload"] == false)
        #expect(objects[3]["line"] == 1 && objects[3]["goesOn"] == false)
    }

    @Test("a configuration gives scripts and values, and the command line has the last word")
    func configuration() async throws {
        let script = try write("a.js", "// One\nconsole.log(A, env.B, env.C);")
        let config = try write(
            "c.yaml", "scripting:\n  env: {A: config, B: config, C: config}\n  source: \(folder)\n  active: [One]\n")
        let file = try write("values.env", "B=file\nC=file\n")
        let result = try await remora("run", "--config", config, "--env-file", file, "--env", "C=line", "--once")
        #expect(result.status == 0)
        #expect(result.output == "[local-0] config file line\n")
        _ = script
    }

    @Test("the first signal ends a run with status 0")
    func signal() async throws {
        let script = try write("a.js", "console.log('up');")
        let log = folder + "/log"
        let shell = try await ShellRun.run(
            "'\(RemoraProgram.path)' run '\(script)' >'\(log)' 2>&1 & pid=$!; "
                + "for i in $(seq 600); do grep -q up '\(log)' && break; sleep 0.1; done; kill -INT $pid; wait $pid")
        #expect(shell == .exited(0))
    }

    // MARK: check

    @Test("check prints findings as compilers do, and the status says whether all is well")
    func check() async throws {
        let good = try write("good.js", "function onItemCaptured(d) { vendor.webhook('GET', 'http://x/', ''); }")
        let bad = try write(
            "bad.js", "vendor.slak();\njobs.schedule('a', '* * * * *', function () {});\nvar f = x => x;")
        var result = try await remora("check", good)
        #expect(result.status == 0)
        #expect(result.output == "\(good): good: onItemCaptured\n")

        result = try await remora("check", bad, good)
        #expect(result.status == 1)
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "\(bad):1:1: error: vendor.slak is no helper: did you mean vendor.slack?")
        #expect(lines.count == 4)
        #expect(
            lines[1].hasPrefix("\(bad):2:20: error: cron expression failed to be parsed: expected exactly 6 fields"))
        #expect(lines[2] == "\(bad):3:9: warning: arrow function is newer than ES5, on which scripts can rely")

        result = try await remora("check", try write("new.js", "let a;"), "--es5", "--output", "json")
        #expect(result.status == 1)
        let object = try JSONValue(parsing: result.output)
        #expect(object["good"] == false)
        #expect(object["findings"]?[0]?["kind"] == "newer-syntax")
        #expect(object["findings"]?[0]?["severity"] == "error")
    }

    @Test("filters in scripts are checked")
    func filters() async throws {
        let result = try await remora("check", try write("a.js", "kfl.match('http and and', {});"))
        #expect(result.status == 1)
        #expect(result.output.contains("a.js:1:11: error: filter: 1:"))
    }

    @Test("check of what cannot be read has status 2")
    func unreadable() async throws {
        var result = try await remora("check", folder + "/none.js")
        #expect(result.status == 2)
        #expect(result.errors == "error: \(folder)/none.js: no such file or directory\n")
        result = try await remora("check", folder)
        #expect(result.status == 2)
        #expect(result.errors.contains("there is no script in \(folder): scripts end in .js"))
    }

    // MARK: init

    @Test("init writes a folder whose script runs and is good, and leaves what is there alone")
    func initialize() async throws {
        let target = folder + "/new/scripts"
        var result = try await remora("init", target)
        #expect(result.status == 0)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: target).sorted() == [
                "README.md", "first.js", "jsconfig.json", "remora.d.ts",
            ])
        #expect(result.errors.contains("Now try:  remora run \(target)"))
        #expect(try await remora("check", target, "--es5").status == 0)
        result = try await remora("run", target, "--once", "--run-jobs")
        #expect(result.status == 0)
        #expect(result.output.contains("] 0 packets, 0.0 KB"))

        try Data("mine".utf8).write(to: URL(filePath: target + "/jsconfig.json"))
        try FileManager.default.moveItem(atPath: target + "/first.js", toPath: target + "/own.js")
        result = try await remora("init", target)
        #expect(result.status == 0)
        #expect(result.errors.contains("jsconfig.json: is there and stays (--force writes it anew)"))
        #expect(result.errors.contains("remora.d.ts: is up to date"))
        #expect(FileManager.default.contents(atPath: target + "/jsconfig.json") == Data("mine".utf8))
        #expect(!FileManager.default.fileExists(atPath: target + "/first.js"))
        _ = try await remora("init", target, "--force")
        #expect(FileManager.default.contents(atPath: target + "/jsconfig.json") != Data("mine".utf8))

        let file = try write("file", "")
        result = try await remora("init", file)
        #expect(result.status == 2)
        #expect(result.errors.hasPrefix("error: \(file): "))
    }
}
