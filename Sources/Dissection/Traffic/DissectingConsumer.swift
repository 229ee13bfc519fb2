internal import PacketCapture

/// Gives each flow its dissector, by slot.
struct DissectingConsumer: FlowConsumer {
    private enum Entry {
        case none
        case stream(DissectedStream)
        case datagrams(DatagramFlow)
        case opaque
    }

    var settings: DissectionSettings {
        didSet {
            recordsPackets = Self.recordsPackets(settings)
            sink.duplicateWindow = settings.duplicateWindow
        }
    }
    private var recordsPackets: Bool
    let sink = ItemSink()
    private var entries: [Entry]
    /// Datagrams' flows with queries that wait, so that these can be given up in time.
    private var waiting: [DatagramFlow] = []
    private var lastExpiry: Int64 = .min
    /// Slots that were ever used are below.
    private var highWater = 0

    /// How often what waits for too long is looked for, in nanoseconds.
    private static let expiryInterval: Int64 = 1_000_000_000

    init(_ settings: DissectionSettings, capacity: Int) {
        self.settings = settings
        recordsPackets = Self.recordsPackets(settings)
        sink.duplicateWindow = settings.duplicateWindow
        entries = Array(repeating: .none, count: capacity)
    }

    mutating func begin(_ flow: Flow) {
        highWater = max(highWater, flow.slot + 1)
        guard isSampled(flow) else { return entries[flow.slot] = .opaque }
        switch flow.ipProtocol {
        case 6: entries[flow.slot] = .stream(DissectedStream(identity(flow, .tcp), settings))
        case 17: entries[flow.slot] = .datagrams(DatagramFlow(identity(flow, .udp), settings))
        case 1, 58:
            entries[flow.slot] =
                settings.enabled.contains("icmp") ? .datagrams(DatagramFlow(identity(flow, .icmp), settings)) : .opaque
        default: entries[flow.slot] = .opaque
        }
    }

    /// Chooses by the flow's number, spread so that every share is even.
    private func isSampled(_ flow: Flow) -> Bool {
        guard settings.sampledShare < 1 else { return true }
        return Double((flow.serial &* 0x9E37_79B9_7F4A_7C15) >> 11) * 0x1p-53 < settings.sampledShare
    }

    mutating func observe(_ packet: PacketHeader, of flow: Flow) {
        // Clocks may be set back.
        if packet.time.subtractingReportingOverflow(lastExpiry).partialValue.magnitude >= Self.expiryInterval {
            expire(at: packet.time)
        }
        guard recordsPackets, settings.enabled.contains(packet.kind == .tcp ? "tcp" : "udp") else { return }
        let context: StreamContext
        switch entries[flow.slot] {
        case .stream(let stream): context = stream.context
        case .datagrams(let datagrams): context = datagrams.context
        case .none, .opaque: return
        }
        guard let record = TransportRecord(packet, limit: settings.bodyLimit) else { return }
        sink.counters.oneSided += 1
        let client = context.connection.client
        context.add(
            .record(record), at: packet.time, requestSize: record.payloadLength,
            isReversed: client.port != packet.sourcePort || client.address != packet.source.description, to: sink)
    }

    mutating func deliver(
        _ bytes: UnsafeRawBufferPointer, of flow: Flow, _ direction: FlowDirection, from packet: PacketStamp
    ) {
        switch entries[flow.slot] {
        case .stream(let stream):
            stream.receive(bytes, from: Side(sending: direction), at: packet.time, into: sink)
        case .datagrams(let datagrams):
            let isNew = datagrams.receive(
                bytes, from: Side(sending: direction), at: packet.time, into: sink)
            if isNew { waiting.append(datagrams) }
        case .none, .opaque: sink.counters.skippedBytes += bytes.count
        }
    }

    mutating func gap(
        _ byteCount: Int, in flow: Flow, _ direction: FlowDirection, because reason: GapReason, at packet: PacketStamp
    ) {
        // What a datagram lacks at its end shows in the datagram.
        guard case .stream(let stream) = entries[flow.slot] else { return }
        stream.skip(byteCount, from: Side(sending: direction), at: packet.time, into: sink)
    }

    mutating func finish(_ flow: Flow, _ direction: FlowDirection, at packet: PacketStamp) {
        guard case .stream(let stream) = entries[flow.slot] else { return }
        stream.end(Side(sending: direction), at: packet.time, into: sink)
    }

    mutating func end(_ flow: Flow, because reason: FlowEnd, at time: Int64) {
        let missing: MissingReason =
            switch reason {
            case .timeout: .timeout
            case .evicted: .limit
            case .finished, .reset, .replaced, .sourceEnded: .end
            }
        switch entries[flow.slot] {
        case .stream(let stream):
            stream.finish(missing, at: time, into: sink)
            summarize(flow, .tcp, reason, stream.context)
        case .datagrams(let datagrams):
            datagrams.finish(missing, into: sink)
            if flow.ipProtocol == 17 { summarize(flow, .udp, reason, datagrams.context) }
        case .none, .opaque: break
        }
        entries[flow.slot] = .none
    }

    /// Gives up what was asked too long before `time`.
    mutating func expire(at time: Int64) {
        lastExpiry = time
        let before = time.subtractingReportingOverflow(settings.pairingTimeout)
        guard !before.overflow else { return }
        waiting.removeAll { $0.expire(before: before.partialValue, into: sink) }
        for slot in 0..<highWater {
            if case .stream(let stream) = entries[slot] { stream.expire(before: before.partialValue, into: sink) }
        }
    }

    private static func recordsPackets(_ settings: DissectionSettings) -> Bool {
        settings.enabled.contains("tcp") || settings.enabled.contains("udp")
    }

    private func identity(_ flow: Flow, _ transport: ConnectionIdentity.Transport) -> ConnectionIdentity {
        // What tells conversations of ICMP apart is an identifier and no port.
        ConnectionIdentity(
            client: Peer(address: flow.client.address.description, port: transport == .icmp ? 0 : flow.client.port),
            server: Peer(address: flow.server.address.description, port: transport == .icmp ? 0 : flow.server.port),
            transport: transport,
            number: flow.serial, ipVersion: flow.client.address.isIPv4 ? 4 : 6, vlan: flow.vlan)
    }

    /// The connection itself as an item, if those are wanted.
    private func summarize(
        _ flow: Flow, _ transport: ConnectionIdentity.Transport, _ reason: FlowEnd, _ context: StreamContext
    ) {
        let names: Set<String> = transport == .tcp ? ["tcp-conn", "tcp-flow"] : ["udp-conn", "udp-flow"]
        guard !settings.enabled.isDisjoint(with: names) else { return }
        let end: ConnectionSummary.End =
            switch reason {
            case .finished: .closed
            case .reset: .reset
            case .timeout, .evicted, .replaced, .sourceEnded:
                if transport == .udp {
                    .open
                } else if flow.sawSYN(.toServer), !flow.sawSYN(.toClient), flow.packets(.toClient) == 0 {
                    .unanswered
                } else if flow.isFinished(.toServer) != flow.isFinished(.toClient) {
                    .halfClosed
                } else {
                    .open
                }
            }
        let summary = ConnectionSummary(
            transport: transport, begin: flow.firstTime, lastTime: flow.lastTime, end: end,
            clientPackets: Int(flow.packets(.toServer)), clientBytes: Int(flow.bytes(.toServer)),
            serverPackets: Int(flow.packets(.toClient)), serverBytes: Int(flow.bytes(.toClient)))
        sink.counters.oneSided += 1
        context.add(
            .connection(summary), at: flow.firstTime, elapsed: flow.lastTime - flow.firstTime,
            requestSize: summary.clientBytes, responseSize: summary.serverBytes, error: summary.error, to: sink)
    }
}

extension Side {
    /// Who sends in a direction.
    fileprivate init(sending direction: FlowDirection) {
        switch direction {
        case .toServer: self = .client
        case .toClient: self = .server
        }
    }
}

/// The datagrams between two endpoints: DNS, ICMP, or nothing that is known.
final class DatagramFlow {
    let context: StreamContext
    private let settings: DissectionSettings
    private var dns: DNSDatagramDissector?
    private var isWaiting = false
    private var isUnknown = false

    init(_ connection: ConnectionIdentity, _ settings: DissectionSettings) {
        context = StreamContext(connection)
        self.settings = settings
    }

    /// Takes a datagram; true if the flow waits for something from now on.
    func receive(_ bytes: UnsafeRawBufferPointer, from side: Side, at time: Int64, into sink: ItemSink) -> Bool {
        if context.connection.transport == .icmp {
            guard let message = ICMPMessage(bytes, version: context.connection.ipVersion == 6 ? 6 : 4) else {
                sink.countParseError("icmp")
                return false
            }
            sink.counters.oneSided += 1
            // Each message is an item of its own, from its sender to its receiver.
            context.add(
                .icmp(message), at: time, requestSize: bytes.count, isReversed: side == .server, to: sink)
            return false
        }
        guard bytes.count > 0, !isUnknown, settings.enabled.contains("dns") else {
            sink.counters.skippedBytes += bytes.count
            return false
        }
        if dns == nil {
            let ports = (context.connection.client.port, context.connection.server.port)
            guard let speaker = DNSDatagramDissector.recognize(bytes, ports: ports, settings) else {
                sink.counters.skippedBytes += bytes.count
                isUnknown = true
                sink.counters.unknownStreams += 1
                return false
            }
            // Who answers is the server, whatever the ports say.
            if speaker != side { context.connection = context.connection.flipped }
            dns = DNSDatagramDissector(context, settings)
        }
        guard let dns else { return false }
        if !dns.receive(bytes, at: time, into: sink) { sink.counters.skippedBytes += bytes.count }
        guard !dns.isIdle, !isWaiting else { return false }
        isWaiting = true
        return true
    }

    /// Gives up what waited since before `time`; true if nothing waits any more.
    func expire(before time: Int64, into sink: ItemSink) -> Bool {
        dns?.expire(before: time, .timeout, into: sink)
        guard dns?.isIdle ?? true else { return false }
        isWaiting = false
        return true
    }

    /// The flow is over.
    func finish(_ reason: MissingReason, into sink: ItemSink) { dns?.expire(before: .max, reason, into: sink) }
}
