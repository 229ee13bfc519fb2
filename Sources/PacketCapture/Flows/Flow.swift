/// A flow as its consumer sees it: a view of the tracker's record, valid during a call.
package struct Flow {
    let record: UnsafePointer<FlowRecord>

    /// A number that no other flow of this tracker has or had, from 1 in order of appearance.
    package var serial: UInt64 { record.pointee.serial }
    /// Its place in tables of ``FlowTracker/capacity`` entries; another flow may get it after the end of this one.
    package var slot: Int { Int(record.pointee.slot) }
    /// The IP protocol: 6 for TCP, 17 for UDP, 1 and 58 for ICMP, …
    package var ipProtocol: UInt8 { UInt8(truncatingIfNeeded: record.pointee.key.origin >> 16) }
    /// Whether it is a TCP connection.
    package var isTCP: Bool { record.pointee.flags.contains(.isTCP) }
    /// Who opened it.
    package var client: Endpoint { endpoint(low: clientIsLow) }
    /// The other side.
    package var server: Endpoint { endpoint(low: !clientIsLow) }
    /// Whether ``client`` and ``server`` may be the other way round: no handshake was seen.
    package var clientIsGuess: Bool { record.pointee.flags.contains(.clientIsGuess) }
    /// Whether the first packet was in the middle of a connection. Bytes then begin anywhere.
    package var startedMidStream: Bool { record.pointee.flags.contains(.startedMidStream) }
    /// The interface it was seen on; 0 for all if the tracker does not separate interfaces.
    package var interface: UInt16 { UInt16(truncatingIfNeeded: record.pointee.key.origin) }
    /// The outermost VLAN identifier, if there is one.
    package var vlan: UInt16? {
        let vlan = UInt16(truncatingIfNeeded: record.pointee.key.vlans >> 16)
        return vlan == 0 ? nil : vlan - 1
    }
    /// When its first packet was captured, in nanoseconds since 1970.
    package var firstTime: Int64 { record.pointee.firstTime }
    /// When its latest packet was captured.
    package var lastTime: Int64 { record.pointee.lastTime }
    /// Packets in one direction so far, the present one included.
    package func packets(_ direction: FlowDirection) -> UInt64 { half(direction).packets }
    /// Captured payload bytes in one direction so far, repetitions included.
    package func bytes(_ direction: FlowDirection) -> UInt64 { half(direction).bytes }
    /// Whether the SYN of one direction was seen.
    package func sawSYN(_ direction: FlowDirection) -> Bool { half(direction).flags.contains(.hasSYN) }
    /// Whether one direction was finished by FIN.
    package func isFinished(_ direction: FlowDirection) -> Bool { half(direction).flags.contains(.isFinished) }
    /// Whether what goes in one direction ended with a RST from its sender.
    package func sentReset(_ direction: FlowDirection) -> Bool { half(direction).flags.contains(.sentReset) }

    private var clientIsLow: Bool { record.pointee.flags.contains(.clientIsLow) }

    private func half(_ direction: FlowDirection) -> StreamHalf {
        clientIsLow == (direction == .toServer) ? record.pointee.fromLow : record.pointee.fromHigh
    }

    private func endpoint(low: Bool) -> Endpoint {
        let key = record.pointee.key
        return Endpoint(
            address: low ? key.low : key.high, port: UInt16(truncatingIfNeeded: low ? key.ports >> 16 : key.ports))
    }
}

/// An address and a port.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// The host.
    package var address: IPAddress
    /// The port; 0 for protocols without.
    package var port: UInt16

    /// Joins an address and a port.
    package init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// `10.0.0.1:80` or `[2001:db8::1]:80`.
    package var description: String { address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)" }
}
