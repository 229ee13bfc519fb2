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
        var facts = ItemFacts(item, scene)
        writer.beginObject()
        for member in ItemMember.allCases {
            writer.key(member.rawValue)
            write(member, of: item, &facts)
        }
        writer.endObject()
        return body(writer.bytes)
    }

    /// The JSON of one member of the item; nil if items have no such member.
    package mutating func encode(member name: String, of item: Item) -> [UInt8]? {
        guard let member = ItemMember(rawValue: name) else { return nil }
        writer.removeAll()
        var facts = ItemFacts(item, scene)
        write(member, of: item, &facts)
        return writer.bytes
    }

    /// The item as a tree.
    package mutating func tree(_ item: Item) -> JSONValue {
        encode(item) { bytes in
            // Our own JSON: if it cannot be read, a test fails, and the filter sees nothing.
            (try? JSONValue(parsing: bytes)) ?? .null
        }
    }

    private mutating func write(_ member: ItemMember, of item: Item, _ facts: inout ItemFacts) {
        switch member {
        case .id: writer.write(facts.identifier)
        case .index: writer.write(Int64(item.index))
        case .stream, .pcapFile: writer.write(facts.stream)
        case .worker: writer.write(scene.worker)
        case .node: writeNode()
        case .protocol:
            write(item.payload.protocolDescription, layer3: item.connection.ipVersion == 6 ? "ipv6" : "ipv4")
        case .tls, .passed, .failed, .outgoing: writer.write(false)
        case .src: write(item.connection.client, facts.client)
        case .dst: write(item.connection.server, facts.server)
        case .timestamp: writer.write(item.time / 1_000_000)
        case .startTime: writer.write(timeText(item.time))
        case .request: item.payload.writeRequest(to: &writer, scene.bodyLimit)
        case .response: item.payload.writeResponse(to: &writer, scene.bodyLimit)
        case .requestSize: writer.write(Int64(item.requestSize))
        case .responseSize: writer.write(Int64(item.responseSize))
        case .size: writer.write(Int64(item.requestSize + item.responseSize))
        case .elapsedTime: writer.write(item.elapsed / 1_000)
        case .error: write(item.error)
        case .entryFile:
            let underscored = String(facts.stream.map { $0 == "." ? "_" : $0 })
            writer.write("\(underscored)-\(item.index)_entry.json")
        case .record, .requestRef, .responseRef, .eventRef, .dataRef, .matcherKey: writer.write("")
        case .event, .networkProps, .subProtocol: writer.writeNull()
        case .data: item.payload.writeData(item.connection, to: &writer)
        case .capture: writeCapture(item.connection)
        case .checksums:
            writer.beginArray()
            writer.endArray()
        case .duplicate: writer.write(item.duplicateOf?.identifier(worker: scene.worker) ?? "")
        case .base: writeBase(item, &facts)
        case .captureSource: writer.write(scene.captureSource)
        case .namespace:
            let namespace = facts.server?.namespace ?? ""
            writer.write(namespace.isEmpty ? facts.client?.namespace ?? "" : namespace)
        }
    }

    // MARK: Parts

    private mutating func writeNode() {
        writer.beginObject()
        writer.member("ip", scene.nodeAddress)
        writer.member("name", scene.nodeName)
        writer.endObject()
    }

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
    private mutating func writeBase(_ item: Item, _ facts: inout ItemFacts) {
        let description = item.payload.protocolDescription
        let summary = item.payload.summary
        writer.beginObject()
        writer.member("id", facts.identifier)
        writer.member("stream", facts.stream)
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
        write(item.connection.client, facts.client, isSummary: true)
        writer.key("dst")
        write(item.connection.server, facts.server, isSummary: true)
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

/// The members of an item, in the order in which they are written.
private enum ItemMember: String, CaseIterable {
    case id, index, stream, worker, node, `protocol`, tls, src, dst, timestamp, startTime, request, response
    case requestSize, responseSize, size, elapsedTime, passed, failed, error, entryFile, record, event, data, capture
    case checksums, duplicate, base, requestRef, responseRef, eventRef, dataRef, matcherKey, networkProps
    case captureSource, subProtocol, namespace, outgoing, pcapFile
}

/// What several members of an item say, found when the first of them asks.
private struct ItemFacts {
    private let item: Item
    private let scene: ItemScene
    private(set) lazy var stream = item.connection.stream
    private(set) lazy var identifier =
        ItemReference(connection: item.connection, index: item.index).identifier(worker: scene.worker)
    private(set) lazy var client = peer(item.connection.client)
    private(set) lazy var server = peer(item.connection.server)

    init(_ item: Item, _ scene: ItemScene) {
        self.item = item
        self.scene = scene
    }

    private func peer(_ end: Peer) -> ResolvedPeer? {
        scene.resolver?.peer(address: end.address, port: end.port, at: item.time)
    }
}
