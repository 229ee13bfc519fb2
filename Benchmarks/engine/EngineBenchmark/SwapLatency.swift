import ScriptRuntime

/// How long a swap of a 200-line script takes, from its text to its being in service, while events come.
struct SwapLatency {
    let swaps: Int

    func run() async throws {
        ScriptEngine.prepareProcess()
        let console = Console()
        let engine = ScriptEngine(sink: console)
        try await engine.load(
            ScriptDefinition(index: 0, title: "large.js", source: Self.script(version: 0)))
        let feeder = Task {
            while !Task.isCancelled {
                for _ in 0..<10 { engine.deliver(.itemCaptured(Array(#"{"request":{"path":"/a"}}"#.utf8))) }
                try? await Task.sleep(for: .milliseconds(1))
            }
        }
        var values: [Int] = []
        for version in 1...swaps {
            let start = nanoseconds()
            try await engine.load(
                ScriptDefinition(index: 0, title: "large.js", source: Self.script(version: version)))
            values.append(nanoseconds() - start)
            try await Task.sleep(for: .milliseconds(5))
        }
        feeder.cancel()
        await feeder.value
        await engine.untilIdle()
        let status = engine.statuses.first
        await engine.shutdown()
        guard status?.failures == 0, status?.dropped == 0 else {
            throw Failed("calls failed: \(console.problems.suffix(3))")
        }
        let lines = Self.script(version: 0).split(separator: "\n").count
        print("{\"lines\": \(lines), \"µs from text to service\": \(Distribution(values).json)}")
    }

    /// A script of 200 lines, such as people write: tables, functions, a hook, a job.
    static func script(version: Int) -> String {
        var text = "// version \(version)\nvar counts = {};\nvar limit = env.LIMIT || \(version);\n"
        for number in 0..<32 {
            text += """
                function rule\(number)(data) {
                  var path = data.request.path;
                  if (path.indexOf("/api/\(number)") === 0) counts["\(number)"] = (counts["\(number)"] || 0) + 1;
                  if (counts["\(number)"] > limit * 1000) { console.log("rule \(number)", counts["\(number)"]); }
                  return path.length > \(number);
                }

                """
        }
        text += """
            function onItemCaptured(data) {
              rule\(version % 32)(data);
              rule0(data);
            }
            jobs.schedule("report", "0 */1 * * * *", function () { console.log(JSON.stringify(counts)); });

            """
        return text
    }
}
