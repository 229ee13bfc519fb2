internal import JSON
package import ScriptRuntime

/// Replays recorded items into `onItemCaptured`: one `data` object a line.
package struct ItemRecording: RunInput {
    package let name: String
    package var hooks: [ScriptHook] { [.itemCaptured] }
    private let path: String

    /// Names the file.
    package init(path: String) {
        self.path = path
        name = path
    }

    package func run(_ feed: RunFeed) async throws(RunRefusal) {
        var lines = try LineReader(path: path)
        var problems = LineProblems(name: path)
        while let line = try lines.next(), !Task.isCancelled {
            guard case .text(let bytes) = line else {
                problems.note(lines.lineNumber, "is too long to be an item", to: feed)
                continue
            }
            guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
            let item: JSONValue
            do throws(JSONError) {
                item = try JSONValue(parsing: bytes)
                guard item.object != nil else {
                    problems.note(lines.lineNumber, "is no JSON object", to: feed)
                    continue
                }
            } catch {
                problems.note(lines.lineNumber, "\(error)", to: feed)
                continue
            }
            guard feed.isWanted(.itemCaptured) else { continue }
            await feed.deliver(item) { bytes }
        }
        problems.finish(to: feed)
    }
}
