internal import Dissection
internal import PacketCapture

/// Writes down what flows carry, as inputs of those targets that it is for.
struct FlowScripts: FlowConsumer {
    private struct Open {
        var script: [UInt8] = []
        var targets: Set<FuzzTarget> = []
    }

    private(set) var inputs: [(FuzzTarget, [UInt8])] = []
    private var open: [Int: Open] = [:]

    private static let scriptLimit = 4 << 10

    mutating func begin(_ flow: Flow) { open[flow.slot] = Open() }

    mutating func deliver(
        _ bytes: UnsafeRawBufferPointer, of flow: Flow, _ direction: FlowDirection, from packet: PacketStamp
    ) {
        guard flow.isTCP else {
            if flow.ipProtocol == 1 || flow.ipProtocol == 58 { inputs.append((.icmp, Array(bytes))) }
            if [53, 5_353, 5_355].contains(flow.server.port) || [53, 5_353].contains(flow.client.port) {
                inputs.append((.dns, Array(bytes)))
            }
            return
        }
        let side: Side = direction == .toServer ? .client : .server
        let targets = Self.dissectors.filter {
            switch $0.1.recognize(bytes, from: side) {
            case .certain, .possible: true
            case .no, .needsMore: false
            }
        }
        open[flow.slot]?.targets.formUnion(targets.map(\.0))
        append(StreamFuzzing.Operation.says, direction, bytes.count, Array(bytes.prefix(0xffff)), to: flow)
    }

    mutating func gap(
        _ byteCount: Int, in flow: Flow, _ direction: FlowDirection, because reason: GapReason, at packet: PacketStamp
    ) {
        guard flow.isTCP else { return }
        append(StreamFuzzing.Operation.loses, direction, byteCount - 1, [], to: flow)
    }

    mutating func finish(_ flow: Flow, _ direction: FlowDirection, at packet: PacketStamp) {
        append(StreamFuzzing.Operation.ends, direction, 0, [], to: flow)
    }

    mutating func end(_ flow: Flow, because reason: FlowEnd, at time: Int64) {
        guard let ended = open.removeValue(forKey: flow.slot), !ended.script.isEmpty else { return }
        for target in ended.targets.union([.recognition]) { inputs.append((target, ended.script)) }
    }

    private mutating func append(
        _ operation: UInt8, _ direction: FlowDirection, _ amount: Int, _ bytes: [UInt8], to flow: Flow
    ) {
        guard open[flow.slot]?.script.count ?? .max < Self.scriptLimit else { return }
        let side: UInt8 = direction == .toServer ? 0 : 1
        open[flow.slot]?.script += Script.bytes([(operation | side, min(amount, 0xffff), bytes)])
    }

    private static var dissectors: [(FuzzTarget, any StreamDissector.Type)] {
        [
            (.http, HTTP1Dissector.self), (.redis, RedisDissector.self), (.tls, TLSDissector.self),
            (.dnsStream, DNSStreamDissector.self),
        ]
    }
}
