/// The name of a flow's capture file, which scripts know a flow by: `000000000042.pcap`, `000000000043_udp.pcap`.
package struct StreamName: Hashable, Sendable, LosslessStringConvertible {
    /// The flow's number; see ``Flow/serial``.
    package var stream: UInt64
    /// Its IP protocol.
    package var ipProtocol: UInt8

    /// Names a flow.
    package init(stream: UInt64, ipProtocol: UInt8) {
        self.stream = stream
        self.ipProtocol = ipProtocol
    }

    /// Reads a name, with or without a folder before it.
    package init?(_ description: String) {
        let file = description.split(separator: "/").last ?? ""
        guard file.hasSuffix(".pcap") else { return nil }
        let parts = file.dropLast(5).split(separator: "_", omittingEmptySubsequences: false)
        guard let first = parts.first, !first.isEmpty, first.utf8.allSatisfy({ (48...57).contains($0) }),
            let stream = UInt64(first), parts.count <= 2
        else { return nil }
        switch parts.count == 2 ? parts[1] : "" {
        case "": self.init(stream: stream, ipProtocol: 6)
        case "udp": self.init(stream: stream, ipProtocol: 17)
        case "icmp": self.init(stream: stream, ipProtocol: 1)
        case let other:
            guard other.hasPrefix("ip"), let number = UInt8(other.dropFirst(2)) else { return nil }
            self.init(stream: stream, ipProtocol: number)
        }
    }

    /// The file's name.
    package var description: String {
        let digits = String(stream)
        let suffix =
            switch ipProtocol {
            case 6: ""
            case 17: "_udp"
            case 1, 58: "_icmp"
            default: "_ip\(ipProtocol)"
            }
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits + suffix + ".pcap"
    }
}
