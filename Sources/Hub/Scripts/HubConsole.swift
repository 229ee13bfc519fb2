internal import DequeModule
package import JSON
package import ScriptRuntime
internal import Threading
package import Timestamps

/// One message on the console, as viewers get it.
package struct ConsoleMessage: Sendable, Equatable {
    /// Which process of Remora: a node's name, or `hub`.
    package var node: String
    /// The message and its script.
    package var line: ConsoleLine
    /// When it was printed.
    package var time: Timestamp

    /// `[hub-3] text`.
    package var text: String { line.rendered(node: node) }

    /// For programs: one object.
    package var json: JSONValue {
        let level =
            switch line.level {
            case .output: "output"
            case .error: "error"
            case .cleared: "cleared"
            }
        return [
            "time": .string(time.withMicroseconds), "node": .string(node), "index": .integer(Int64(line.script.index)),
            "script": .string(line.script.title), "level": .string(level), "text": .string(line.text),
        ]
    }
}

/// What scripts print: the latest messages of each script, and a stream for those who look on.
package final class HubConsole: Sendable {
    /// Messages that are kept of each script.
    package static let kept = 1_000
    /// Bytes that are kept of each script: a message may be long.
    private static let keptBytes = 1 << 20
    /// Messages that wait for a viewer who does not read; then the oldest go.
    private static let viewerLimit = 4_096

    private struct Ring {
        var messages: Deque<ConsoleMessage> = []
        var bytes = 0
    }

    private struct State {
        var rings: [Int: Ring] = [:]
        var viewers: [Int: AsyncStream<ConsoleMessage>.Continuation] = [:]
        var nextViewer = 0
        var printed = 0
        var dropped = 0
    }

    private let state = Locked(State())
    private let node: String
    private let echo: (@Sendable (ConsoleMessage) -> Void)?

    /// `echo` gets every message at once.
    package init(node: String = "hub", echo: (@Sendable (ConsoleMessage) -> Void)? = nil) {
        self.node = node
        self.echo = echo
    }

    /// Messages so far.
    package var printed: Int { state.withLock { $0.printed } }
    /// Messages that viewers missed because they did not read.
    package var dropped: Int { state.withLock { $0.dropped } }
    /// How many look on.
    package var viewers: Int { state.withLock { $0.viewers.count } }

    /// Takes a message of a script of this process.
    package func print(_ line: ConsoleLine) { take(ConsoleMessage(node: node, line: line, time: .now())) }

    /// Takes a message of a script of any process.
    package func take(_ message: ConsoleMessage) {
        state.withLock { state in
            state.printed += 1
            let index = message.line.script.index
            if message.line.level == .cleared { state.rings[index] = nil }
            var ring = state.rings[index] ?? Ring()
            ring.messages.append(message)
            ring.bytes += message.line.text.utf8.count
            while ring.messages.count > Self.kept || (ring.bytes > Self.keptBytes && ring.messages.count > 1) {
                ring.bytes -= ring.messages.removeFirst().line.text.utf8.count
            }
            state.rings[index] = ring
            for viewer in state.viewers.values {
                if case .dropped = viewer.yield(message) { state.dropped += 1 }
            }
        }
        echo?(message)
    }

    /// The latest messages of all scripts, in the order of their times, and then each as it comes.
    package func follow(tail: Int) -> (earlier: [ConsoleMessage], stream: AsyncStream<ConsoleMessage>) {
        let (stream, viewer) = AsyncStream<ConsoleMessage>.makeStream(
            bufferingPolicy: .bufferingNewest(Self.viewerLimit))
        return state.withLock { state in
            let number = state.nextViewer
            state.nextViewer += 1
            state.viewers[number] = viewer
            viewer.onTermination = { [weak self] _ in
                self?.state.withLock { state in _ = state.viewers.removeValue(forKey: number) }
            }
            let earlier = state.rings.values.flatMap { $0.messages.suffix(max(0, tail)) }.sorted { $0.time < $1.time }
            return (earlier, stream)
        }
    }

    /// Forgets a script that is gone.
    package func forget(_ index: Int) { state.withLock { $0.rings[index] = nil } }
}
