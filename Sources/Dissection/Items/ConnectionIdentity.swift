/// One end of a connection.
package struct Peer: Sendable, Hashable {
    /// The address as people write it.
    package let address: String
    /// The port; 0 where the protocol has none.
    package let port: UInt16

    /// An end of a connection.
    package init(address: String, port: UInt16) {
        self.address = address
        self.port = port
    }
}

/// Which of the two ends of a conversation is meant.
package enum Side: UInt8, Sendable {
    /// Who asks.
    case client
    /// Who answers.
    case server

    /// The other one.
    package var other: Side { self == .client ? .server : .client }
}

/// What all items of one connection share.
package final class ConnectionIdentity: Sendable {
    /// The transport of a connection.
    package enum Transport: String, Sendable {
        case tcp, udp, icmp
    }

    /// Who asked.
    package let client: Peer
    /// Who answered.
    package let server: Peer
    package let transport: Transport
    /// A number that no other connection of this worker has.
    package let number: UInt64
    /// The outer and the inner VLAN identifier, where there is one.
    package let vlan: UInt16?
    package let innerVLAN: UInt16?
    /// 4 or 6.
    package let ipVersion: UInt8

    /// Describes a connection.
    package init(
        client: Peer, server: Peer, transport: Transport, number: UInt64, ipVersion: UInt8 = 4,
        vlan: UInt16? = nil, innerVLAN: UInt16? = nil
    ) {
        self.client = client
        self.server = server
        self.transport = transport
        self.number = number
        self.ipVersion = ipVersion
        self.vlan = vlan
        self.innerVLAN = innerVLAN
    }

    /// The same connection seen the other way round.
    package var flipped: ConnectionIdentity {
        ConnectionIdentity(
            client: server, server: client, transport: transport, number: number, ipVersion: ipVersion, vlan: vlan,
            innerVLAN: innerVLAN)
    }

    /// The name of the capture file that holds the connection, as `000000000042.pcap`: what items call `stream`.
    package var stream: String {
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, 12 - digits.utf8.count)) + digits
        return switch transport {
        case .tcp: padded + ".pcap"
        case .udp: padded + "_udp.pcap"
        case .icmp: padded + "_icmp.pcap"
        }
    }
}
