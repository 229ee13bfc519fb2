internal import Dissection

/// A connection of which both sides say anything, with gaps, ends and silences.
enum StreamFuzzing {
    /// Operations of a ``Script``: the lowest bit is the side.
    enum Operation {
        static let says: UInt8 = 0
        static let loses: UInt8 = 2
        static let ends: UInt8 = 4
        static let waits: UInt8 = 6
    }

    static func run(_ input: [UInt8], enabled: Set<String>) {
        var settings = DissectionSettings()
        settings.enabled = enabled
        // Small, so that limits are met often.
        settings.bodyLimit = 512
        settings.headLimit = 1_024
        settings.pendingLimit = 4
        settings.recognitionLimit = 256
        let sink = ItemSink()
        // The port is Redis's, so that also typed commands are recognized.
        let connection = ConnectionIdentity(
            client: Peer(address: "10.0.0.1", port: 40_000), server: Peer(address: "10.0.0.2", port: 6_379),
            transport: .tcp, number: 1)
        let stream = DissectedStream(connection, settings)
        var time: Int64 = 1_700_000_000_000_000_000
        Script.forEach(input, takesBytes: { $0 & 6 == Operation.says }) { step, bytes in
            let side: Side = step.operation & 1 == 0 ? .client : .server
            time &+= 1_000_000
            switch step.operation & 6 {
            case Operation.says: stream.receive(bytes, from: side, at: time, into: sink)
            case Operation.loses: stream.skip(step.amount + 1, from: side, at: time, into: sink)
            case Operation.ends: stream.end(side, at: time, into: sink)
            default:
                time &+= Int64(step.amount) * 1_000_000
                stream.expire(before: time &- settings.pairingTimeout, into: sink)
            }
        }
        stream.finish(.end, at: time, into: sink)
        ItemFuzzing.check(sink, of: input)
    }
}
