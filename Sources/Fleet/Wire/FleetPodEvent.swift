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

    package init(mark: PodMark?, event: String, pod: [UInt8], change: [UInt8]?) {
        self.mark = mark
        self.event = event
        self.pod = pod
        self.change = change
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
