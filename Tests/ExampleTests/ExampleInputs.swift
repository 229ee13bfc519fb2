import FoundationEssentials
import JSON
import LocalRun
import ScriptFolder
import ScriptRuntime
import Threading

/// Packets of these lengths.
struct Packets: RunInput {
    let name = "packets"
    let hooks = [ScriptHook.packetCaptured]
    let lengths: [Int]

    func run(_ feed: RunFeed) async throws(RunRefusal) {
        var batch = PacketBatch()
        for (second, length) in lengths.enumerated() {
            batch.append(
                seconds: 1_772_359_200 + Int64(second), nanoseconds: 0, captureLength: length, length: length,
                isFragment: false)
        }
        await feed.deliver([batch])
    }
}

/// These items.
struct Items: RunInput {
    let name = "items"
    let hooks = [ScriptHook.itemCaptured]
    let items: [JSONValue]

    func run(_ feed: RunFeed) async throws(RunRefusal) {
        for item in items { await feed.deliver(item) { item.encoded() } }
    }
}

/// Items as a viewer sees them, each shown to one example.
enum Queries {
    private struct Silence: ScriptEventSink {
        func receive(_ event: ScriptEvent) {}
    }

    static func run(_ name: String) async throws -> [JSONValue] {
        let engine = ScriptEngine(sink: Silence())
        try await engine.load(ScriptDefinition(index: 0, title: name, source: try ExampleRun.source(name)))
        let text = try String(contentsOf: URL(filePath: ExampleRun.recordings + "/items.jsonl"), encoding: .utf8)
        var answers: [JSONValue] = []
        for line in text.split(separator: "\n") {
            // An item that a script withholds is not shown.
            guard let shown = await engine.query(Array(line.utf8)) else { continue }
            answers.append(try JSONValue(parsing: shown))
        }
        await engine.shutdown()
        return answers
    }
}
