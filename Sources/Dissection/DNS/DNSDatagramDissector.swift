/// DNS over UDP, and its kin for local networks: one message a datagram.
package final class DNSDatagramDissector {
    /// The ports of DNS, multicast DNS and LLMNR: there even a broken message is one.
    static let ports: Set<UInt16> = [53, 5353, 5355]

    private static let nameServicePorts: Set<UInt16> = [137, 138]

    private let context: StreamContext
    private var pairing: DNSPairing

    /// A dissector for the datagrams between two endpoints.
    package init(_ context: StreamContext, _ settings: DissectionSettings) {
        self.context = context
        pairing = DNSPairing(settings, bytesBeforeMessage: 0)
    }

    /// Whether a datagram is a DNS message; who sent it, if so.
    package static func recognize(
        _ bytes: UnsafeRawBufferPointer, ports: (UInt16, UInt16), _ settings: DissectionSettings
    ) -> Side? {
        func isOurs(_ port: UInt16) -> Bool {
            settings.portMapping[port].map { $0.contains("dns") } ?? Self.ports.contains(port)
        }
        // NetBIOS names look like DNS, and are not.
        guard !nameServicePorts.contains(ports.0), !nameServicePorts.contains(ports.1) else { return nil }
        guard let message = DNSMessage(bytes) else { return nil }
        guard message.isConvincing || ((isOurs(ports.0) || isOurs(ports.1))) else { return nil }
        return message.isResponse ? .server : .client
    }

    /// A datagram; true if it was a message.
    package func receive(_ bytes: UnsafeRawBufferPointer, at time: Int64, into sink: ItemSink) -> Bool {
        guard let message = DNSMessage(bytes) else {
            sink.countParseError("dns")
            return false
        }
        pairing.take(message, size: bytes.count, at: time, context, sink)
        return true
    }

    /// Gives up queries that were asked before `time`.
    package func expire(before time: Int64, _ reason: MissingReason, into sink: ItemSink) {
        pairing.expire(before: time, reason, context, sink)
    }

    /// Whether no query waits.
    package var isIdle: Bool { pairing.isEmpty }
}
