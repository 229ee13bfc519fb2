/// Which packets of the ring a snapshot has. Everything that is said must apply; nothing said means all.
package struct SnapshotRequest: Sendable, Equatable {
    /// Not before this moment, in nanoseconds since 1970.
    package var from: Int64?
    /// Not after this moment, in nanoseconds since 1970.
    package var to: Int64?
    /// Only packets of these flows; see ``PacketHeader/stream``.
    package var streams: [UInt64]?
    /// Only packets from or to one of these addresses.
    package var addresses: Set<IPAddress> = []
    /// How the file is written.
    package var format = Format.automatic
    /// Names to be written into the file, so that other programs show them (pcapng only).
    package var names: [IPAddress: String] = [:]

    /// A file format.
    package enum Format: Sendable {
        /// Classic pcap with nanoseconds if all packets have the same link type and there are no names, else pcapng.
        case automatic
        /// pcapng, with interfaces and directions.
        case pcapng
        /// Classic pcap with nanoseconds; fails if packets of several link types are selected.
        case pcap
    }

    /// Everything.
    package init() {}

    var window: ClosedRange<Int64> {
        let lower = from ?? .min
        return lower...max(lower, to ?? .max)
    }
}

/// What a snapshot has become.
package struct SnapshotResult: Sendable, Equatable {
    /// The file.
    package var path: String
    /// The packets in it.
    package var packets: UInt64 = 0
    /// Its size.
    package var bytes: UInt64 = 0
    /// The time of its first packet, in nanoseconds since 1970.
    package var firstTime: Int64?
    /// The time of its last packet.
    package var lastTime: Int64?
    /// Packets that were overwritten before they could be copied.
    package var packetsMissed: UInt64 = 0
    /// Whether it is pcapng.
    package var isPcapng = false

    init(path: String) { self.path = path }

    mutating func note(_ time: Int64) {
        packets += 1
        firstTime = min(firstTime ?? time, time)
        lastTime = max(lastTime ?? time, time)
    }
}

/// Why there is no snapshot.
package enum SnapshotError: Error, Equatable, CustomStringConvertible {
    /// The system refused something. What was written is removed.
    case system(path: String, message: String)
    /// Classic pcap was asked for, and it cannot hold several link types.
    case severalLinkTypes

    /// A sentence for people.
    package var description: String {
        switch self {
        case .system(let path, let message): "cannot write the snapshot \(path): \(message)"
        case .severalLinkTypes:
            "the packets have several link types, which the pcap format cannot hold: ask for pcapng, or for fewer packets"
        }
    }
}
