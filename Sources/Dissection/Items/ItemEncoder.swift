package import JSON

/// Where items come from, and who their peers are.
package struct ItemScene: Sendable {
    /// The worker's address, `ip:port`.
    package var worker = ""
    package var nodeAddress = ""
    package var nodeName = ""
    /// How packets were captured.
    package var captureSource = "af_packet"
    /// Bytes of a body that items show, after decompression.
    package var bodyLimit = 64 << 10
    /// Tells names of addresses.
    package var resolver: (any PeerResolver)?

    /// Nowhere in particular.
    package init() {}

    /// A capture file, or an interface, of a process that has no cluster around it.
    package static func recording(node: String) -> ItemScene {
        var scene = ItemScene()
        scene.nodeName = node
        scene.captureSource = "pcap"
        return scene
    }
}

/// Knows who had an address at a time.
package protocol PeerResolver: Sendable {
    /// The peer that had the address at that time (nanoseconds since 1970), if it is known.
    func peer(address: String, port: UInt16, at time: Int64) -> ResolvedPeer?
}

/// Who is behind an address.
package struct ResolvedPeer: Sendable, Equatable {
    package var name: String
    package var namespace: String
    package var pod: JSONValue
    package var service: JSONValue
    package var endpointSlice: JSONValue
    /// How the name was found, as `ip` or `dns`.
    package var mechanism: String

    /// Describes a peer.
    package init(
        name: String, namespace: String, pod: JSONValue = .null, service: JSONValue = .null,
        endpointSlice: JSONValue = .null, mechanism: String = "ip"
    ) {
        self.name = name
        self.namespace = namespace
        self.pod = pod
        self.service = service
        self.endpointSlice = endpointSlice
        self.mechanism = mechanism
    }
}

/// Writes items as hooks see them: every field of `data`, in one pass over the item's native parts.
package struct ItemEncoder {
    private let scene: ItemScene
    private var writer: JSONWriter
    /// The text of the last second, since items come in bursts.
    private var second: Int64 = .min
    private var secondText = ""

    /// An encoder for a scene, for compact JSON or, with `indent` spaces a level, for people.
    package init(_ scene: ItemScene = ItemScene(), indent: Int? = nil) {
        self.scene = scene
        writer = JSONWriter(indent: indent, reserving: 4_096)
    }

    /// The item's JSON. The bytes are valid within `body`.
    package mutating func encode<Result>(_ item: Item, _ body: ([UInt8]) -> Result) -> Result {
        writer.removeAll()
        write(item)
        return body(writer.bytes)
    }

    /// The item as a tree.
    package mutating func tree(_ item: Item) -> JSONValue {
        encode(item) { bytes in
            // Our own JSON: if it cannot be read, a test fails, and the filter sees nothing.
            (try? JSONValue(parsing: bytes)) ?? .null
        }
    }

    private mutating func write(_ item: Item) {
        let connection = item.connection
        let stream = connection.stream
        let identifier = ItemReference(connection: connection, index: item.index).identifier(worker: scene.worker)
        let client = scene.resolver?.peer(
            address: connection.client.address, port: connection.client.port, at: item.time)
        let server = scene.resolver?.peer(
            address: connection.server.address, port: connection.server.port, at: item.time)
        writer.beginObject()
        writer.member("id", identifier)
        integer("index", item.index)
        writer.member("stream", stream)
        writer.member("worker", scene.worker)
        writer.key("node")
        writer.beginObject()
        writer.member("ip", scene.nodeAddress)
        writer.member("name", scene.nodeName)
        writer.endObject()
        let description = item.payload.protocolDescription
        writer.key("protocol")
        write(description, layer3: connection.ipVersion == 6 ? "ipv6" : "ipv4")
        boolean("tls", false)
        writer.key("src")
        write(connection.client, client)
        writer.key("dst")
        write(connection.server, server)
        integer("timestamp", Int(item.time / 1_000_000))
        writer.member("startTime", timeText(item.time))
        writer.key("request")
        item.payload.writeRequest(to: &writer, scene.bodyLimit)
        writer.key("response")
        item.payload.writeResponse(to: &writer, scene.bodyLimit)
        integer("requestSize", item.requestSize)
        integer("responseSize", item.responseSize)
        integer("size", item.requestSize + item.responseSize)
        integer("elapsedTime", Int(item.elapsed / 1_000))
        boolean("passed", false)
        boolean("failed", false)
        writer.key("error")
        write(item.error)
        let underscored = String(stream.map { $0 == "." ? "_" : $0 })
        writer.member("entryFile", "\(underscored)-\(item.index)_entry.json")
        writer.member("record", "")
        null("event")
        writer.key("data")
        item.payload.writeData(item.connection, to: &writer)
        writer.key("capture")
        writeCapture(connection)
        writer.key("checksums")
        writer.beginArray()
        writer.endArray()
        writer.member("duplicate", item.duplicateOf?.identifier(worker: scene.worker) ?? "")
        writer.key("base")
        writeBase(item, identifier, stream, description, client, server)
        for name in ["requestRef", "responseRef", "eventRef", "dataRef", "matcherKey"] { writer.member(name, "") }
        null("networkProps")
        writer.member("captureSource", scene.captureSource)
        null("subProtocol")
        let namespace = server?.namespace ?? ""
        writer.member("namespace", namespace.isEmpty ? client?.namespace ?? "" : namespace)
        boolean("outgoing", false)
        writer.member("pcapFile", stream)
        writer.endObject()
    }

    // MARK: Parts

    private mutating func write(_ description: ProtocolDescription, layer3: String) {
        writer.beginObject()
        writer.member("name", description.name)
        writer.member("version", description.version)
        writer.member("abbr", description.abbreviation)
        writer.member("longName", description.longName)
        writer.member("macro", description.macro)
        writer.member("backgroundColor", description.backgroundColor)
        writer.member("foregroundColor", "#ffffff")
        integer("fontSize", 12)
        writer.member("referenceLink", description.reference)
        writer.key("ports")
        writer.beginArray()
        for port in description.ports { writer.write(String(port)) }
        writer.endArray()
        writer.member("layer4", description.transport)
        writer.member("layer3", layer3)
        integer("priority", description.priority)
        writer.endObject()
    }

    private mutating func write(_ endpoint: Peer, _ peer: ResolvedPeer?, isSummary: Bool = false) {
        writer.beginObject()
        writer.member("ip", endpoint.address)
        writer.member("port", String(endpoint.port))
        writer.member("name", peer?.name ?? "")
        writer.member("namespace", peer?.namespace ?? "")
        writer.key("pod")
        writer.write(peer?.pod ?? .null)
        writer.key("endpointSlice")
        writer.write(peer?.endpointSlice ?? .null)
        writer.key("service")
        writer.write(peer?.service ?? .null)
        if !isSummary {
            integer("cgroupId", 0)
            writer.member("containerId", "")
            integer("socketId", 0)
            for name in ["processId", "parentProcessId", "hostProcessId", "hostParentProcessId"] { integer(name, 0) }
            writer.member("processName", "")
            writer.member("processPath", "")
            integer("cpuUsage", 0)
            integer("memoryUsage", 0)
        }
        writer.member("resolutionMechanism", peer?.mechanism ?? "none")
        writer.endObject()
    }

    private mutating func write(_ error: ItemError?) {
        guard let error else { return writer.writeNull() }
        writer.beginObject()
        writer.member("type", error.kind.rawValue)
        writer.member("msg", error.message)
        writer.endObject()
    }

    private mutating func writeCapture(_ connection: ConnectionIdentity) {
        writer.beginObject()
        writer.member("backend", "libpcap")
        writer.member("source", scene.captureSource)
        null("proxy")
        writer.key("vlan")
        if let vlan = connection.vlan {
            writer.beginObject()
            integer("id", Int(vlan))
            integer("dot1q", Int(connection.innerVLAN ?? vlan))
            writer.endObject()
        } else {
            writer.writeNull()
        }
        writer.endObject()
    }

    /// The row that lists show.
    private mutating func writeBase(
        _ item: Item, _ identifier: String, _ stream: String, _ description: ProtocolDescription,
        _ client: ResolvedPeer?, _ server: ResolvedPeer?
    ) {
        let summary = item.payload.summary
        writer.beginObject()
        writer.member("id", identifier)
        writer.member("stream", stream)
        writer.member("worker", scene.worker)
        writer.key("proto")
        writer.beginObject()
        writer.member("name", description.name)
        writer.member("version", description.version)
        writer.member("abbr", description.abbreviation)
        writer.member("macro", description.macro)
        writer.member("backgroundColor", description.backgroundColor)
        writer.endObject()
        boolean("tls", false)
        writer.member("summary", summary.text)
        writer.member("summaryQuery", summary.query)
        integer("status", summary.status)
        writer.member("statusQuery", summary.statusQuery)
        writer.member("method", summary.method)
        writer.member("methodQuery", summary.methodQuery)
        integer("timestamp", Int(item.time / 1_000_000))
        writer.key("src")
        write(item.connection.client, client, isSummary: true)
        writer.key("dst")
        write(item.connection.server, server, isSummary: true)
        integer("requestSize", item.requestSize)
        integer("responseSize", item.responseSize)
        integer("elapsedTime", Int(item.elapsed / 1_000))
        boolean("passed", false)
        boolean("failed", false)
        writer.key("error")
        write(item.error)
        writer.member("record", "")
        null("event")
        writer.key("capture")
        writeCapture(item.connection)
        writer.key("checksums")
        writer.beginArray()
        writer.endArray()
        writer.member("duplicate", item.duplicateOf?.identifier(worker: scene.worker) ?? "")
        integer("size", item.requestSize + item.responseSize)
        writer.endObject()
    }

    private mutating func timeText(_ nanoseconds: Int64) -> String {
        var (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest < 0 { (seconds, rest) = (seconds - 1, rest + 1_000_000_000) }
        if seconds != second {
            second = seconds
            secondText = TimeText.prefix(seconds)
        }
        return secondText + TimeText.fraction(rest)
    }

    private mutating func integer(_ name: String, _ value: Int) {
        writer.key(name)
        writer.write(Int64(value))
    }

    private mutating func boolean(_ name: String, _ value: Bool) {
        writer.key(name)
        writer.write(value)
    }

    private mutating func null(_ name: String) {
        writer.key(name)
        writer.writeNull()
    }
}
