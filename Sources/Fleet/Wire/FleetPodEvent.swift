internal import JSON

/// One call of `onPodEvent` that a worker is to make.
package struct FleetPodEvent: Sendable, Equatable {
    /// Where it comes from; nil: it tells of a pod that is there, after which the worker asked by connecting.
    package let mark: PodMark?
    /// `ADDED`, `MODIFIED`, `DELETED`.
    package let event: String
    /// The pod as JSON text.
    package let pod: [UInt8]
    /// What it means, as JSON text; nil: nothing in particular.
    package let change: [UInt8]?
    /// By what the change is known again; nil: it is not.
    package let transition: FleetTransition?
    /// A hub that died may have told of it: ``change`` says `firstSeen` false. A worker that heard of everything since knows
    /// better.
    package let isDoubtful: Bool

    package init(
        mark: PodMark?, event: String, pod: [UInt8], change: [UInt8]?, transition: FleetTransition? = nil,
        isDoubtful: Bool = false
    ) {
        self.mark = mark
        self.event = event
        self.pod = pod
        self.change = change
        self.transition = transition
        self.isDoubtful = isDoubtful
    }

    /// The pod's uid.
    var uid: String? { (try? JSONValue(parsing: pod))?["metadata"]?["uid"]?.string }

    /// The same pod with nothing that happened to it.
    var withoutChange: FleetPodEvent { FleetPodEvent(mark: mark, event: event, pod: pod, change: nil) }

    /// The same with `firstSeen` as it is for who is told.
    func firstSeen(_ isFirst: Bool) -> FleetPodEvent {
        guard let change, var value = try? JSONValue(parsing: change), value["firstSeen"]?.boolean != isFirst else {
            return self
        }
        value["firstSeen"] = .boolean(isFirst)
        return FleetPodEvent(
            mark: mark, event: event, pod: pod, change: value.encoded(), transition: transition, isDoubtful: !isFirst)
    }

    var line: [UInt8] {
        var writer = JSONWriter(reserving: pod.count + (change?.count ?? 0) + 128)
        writer.beginObject()
        writer.member("type", "pod")
        if let mark {
            writer.member("stream", mark.stream.rawValue)
            writer.key("version")
            writer.write(Int64(clamping: mark.version))
            writer.key("ordinal")
            writer.write(Int64(mark.ordinal))
        }
        writer.member("event", event)
        writer.key("pod")
        pod.withUnsafeBytes { writer.writeRaw($0) }
        if let change {
            writer.key("change")
            change.withUnsafeBytes { writer.writeRaw($0) }
        }
        if let transition {
            writer.key("transition")
            transition.write(to: &writer)
        }
        if isDoubtful {
            writer.key("doubtful")
            writer.write(true)
        }
        writer.endObject()
        return writer.bytes
    }

    init(_ value: JSONValue) throws(FleetWireError) {
        guard let event = value["event"]?.string, let pod = value["pod"], pod.object != nil else {
            throw FleetWireError("a pod event without event or pod")
        }
        self.event = event
        self.pod = pod.encoded()
        change = value["change"]?.encoded()
        transition = FleetTransition(value["transition"])
        isDoubtful = value["doubtful"]?.boolean ?? false
        if let stream = value["stream"]?.string.flatMap({ PodMark.Stream(rawValue: $0) }),
            let version = value["version"]?.integer.flatMap({ UInt64(exactly: $0) })
        {
            mark = PodMark(
                stream: stream, version: version,
                ordinal: value["ordinal"]?.integer.flatMap { Int(exactly: $0) } ?? 0)
        } else {
            mark = nil
        }
    }
}
