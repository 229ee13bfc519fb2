internal import JSON
internal import KubernetesClient
internal import PodSignals
internal import ScriptRuntime

/// Makes calls of `onPodEvent` out of the lines of a recorded watch: what the hub does with a live one, by the same state
/// machine.
struct PodStory {
    /// A pod as far as the recording has told of it.
    private struct Known {
        var pod: Pod
        var text: [UInt8]
    }

    private var signals = PodSignals()
    private let interner = StringInterner()
    /// By uid, as long as the pod lives.
    private var known: [String: Known] = [:]

    /// An event of a pod. A change that was recorded with it is told as it is.
    mutating func calls(_ type: String, pod object: JSONValue, recorded: JSONValue?) -> [HookCall] {
        let text = object.encoded()
        let plain = HookCall.podEvent(type, pod: text, change: recorded?.encoded())
        guard recorded == nil, let pod = Self.read(Pod.self, text, interner), !pod.identity.uid.isEmpty else {
            return [plain]
        }
        let earlier = known.updateValue(Known(pod: pod, text: text), forKey: pod.identity.uid)
        var notices: [PodNotice]
        if type == "DELETED" {
            known[pod.identity.uid] = nil
            notices = signals.apply(.deleted(pod))
        } else if let earlier {
            notices = signals.apply(.modified(pod, from: earlier.pod))
        } else {
            notices = signals.apply(.added(pod))
        }
        guard !notices.isEmpty else { return [plain] }
        // A recording may begin, or begin again, anywhere: what it says of the type stands.
        if type != "DELETED" { notices[0].event = PodNotice.Event(rawValue: type) ?? notices[0].event }
        return notices.map { Self.call($0, text) }
    }

    /// A core/v1 Event, which may tell of a pod before its status does.
    mutating func calls(event object: JSONValue) -> [HookCall] {
        guard let event = Self.read(ClusterEvent.self, object.encoded(), interner) else { return [] }
        return signals.apply(event).compactMap { notice in
            known[notice.pod.identity.uid].map { Self.call(notice, $0.text) }
        }
    }

    private static func call(_ notice: PodNotice, _ text: [UInt8]) -> HookCall {
        .podEvent(notice.event.rawValue, pod: text, change: notice.change?.json.encoded())
    }

    private static func read<Object: WatchedObject>(
        _ type: Object.Type, _ text: [UInt8], _ interner: StringInterner
    ) -> Object? {
        text.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try? Object(from: &reader, interner: interner)
        }
    }
}
