internal import JSON
package import ScriptRuntime

/// Replays a recorded watch of pods into `onPodEvent`: one `{"type":"ADDED","object":{…}}` a line, as the API server sends
/// them and as `remora watch pods -o json` prints them.
///
/// What a change means is derived as the hub does it, also from core/v1 Events among the lines; a line may have a
/// `"change"` of its own, which is handed on as it is.
package struct PodEventRecording: RunInput {
    package let name: String
    package var hooks: [ScriptHook] { [.podEvent] }
    private let path: String

    /// Names the file.
    package init(path: String) {
        self.path = path
        name = path
    }

    package func run(_ feed: RunFeed) async throws(RunRefusal) {
        var lines = try LineReader(path: path)
        var problems = LineProblems(name: path)
        var story = PodStory()
        while let line = try lines.next(), !Task.isCancelled {
            guard case .text(let bytes) = line else {
                problems.note(lines.lineNumber, "is too long to be a pod event", to: feed)
                continue
            }
            guard !bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) else { continue }
            var calls: [HookCall] = []
            switch PodEventLine(bytes) {
            case .pod(let type, let pod, let change):
                feed.note(pod, isDeleted: type == "DELETED")
                calls = story.calls(type, pod: pod, recorded: change)
            case .clusterEvent(let event): calls = story.calls(event: event)
            case .bookmark: break
            case .garbled(let text): problems.note(lines.lineNumber, text, to: feed)
            }
            guard feed.isWanted(.podEvent) else { continue }
            for call in calls { await feed.deliver(call, byteCount: bytes.count) }
        }
        problems.finish(to: feed)
    }
}

/// One line of a recorded watch.
enum PodEventLine: Equatable {
    case pod(type: String, JSONValue, change: JSONValue?)
    /// A core/v1 Event.
    case clusterEvent(JSONValue)
    /// Tells how far the watch has come, and nothing of a pod.
    case bookmark
    case garbled(String)

    init(_ bytes: [UInt8]) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: bytes)
        } catch {
            self = .garbled("\(error)")
            return
        }
        guard let type = value["type"]?.string else {
            self = .garbled("is no watch event: it has no \"type\"")
            return
        }
        // `remora watch` writes them in small letters.
        switch type.uppercased() {
        case "ADDED", "MODIFIED", "DELETED": self = Self.event(type.uppercased(), value)
        case "BOOKMARK": self = .bookmark
        case "ERROR":
            self = .garbled("is an error of the watch: \(value["object"]?["message"]?.string ?? "no message")")
        default: self = .garbled("its type is \"\(type)\" and not ADDED, MODIFIED or DELETED")
        }
    }

    private static func event(_ type: String, _ line: JSONValue) -> PodEventLine {
        guard var pod = line["object"], pod.object != nil else { return .garbled("has no \"object\"") }
        if pod["kind"] == "Event" { return .clusterEvent(pod) }
        if let kind = pod["kind"]?.string, kind != "Pod" { return .garbled("is about a \(kind) and not a Pod") }
        guard pod["metadata"]?["name"]?.string != nil else { return .garbled("its object has no metadata.name") }
        // Large, and of no use to scripts: the hub leaves it out too.
        pod["metadata"]?["managedFields"] = nil
        let change = line["change"].flatMap { $0.object == nil ? Optional.none : $0 }
        return .pod(type: type, pod, change: change)
    }
}
