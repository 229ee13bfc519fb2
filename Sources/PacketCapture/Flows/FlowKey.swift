/// What makes packets belong together: both endpoints, the protocol, and where they were seen. The same for both
/// directions: the lower endpoint comes first.
///
/// VLANs, tunnels and the capturing interface are part of it: equal addresses in different networks are different hosts.
struct FlowKey: Equatable {
    var low: IPAddress
    var high: IPAddress
    /// Ports of `low` and `high`.
    var ports: UInt32
    var vlans: UInt32
    var tunnel: UInt32
    /// IP protocol and interface.
    var origin: UInt32

    /// The key of a packet, and whether its sender is the lower endpoint.
    @inline(__always)
    static func of(_ header: PacketHeader, separatesInterfaces: Bool) -> (key: FlowKey, fromLow: Bool) {
        let fromLow =
            header.source < header.destination
            || header.source == header.destination && header.sourcePort <= header.destinationPort
        let source = UInt32(header.sourcePort)
        let destination = UInt32(header.destinationPort)
        let origin = UInt32(header.ipProtocol) << 16 | (separatesInterfaces ? UInt32(header.interface) : 0)
        return (
            FlowKey(
                low: fromLow ? header.source : header.destination, high: fromLow ? header.destination : header.source,
                ports: fromLow ? source << 16 | destination : destination << 16 | source, vlans: header.vlans,
                tunnel: header.tunnel, origin: origin),
            fromLow
        )
    }

    /// Three multiplications to 128 bits; nobody outside can aim at one bucket without knowing the seed.
    @inline(__always) func hash(seed: UInt64) -> UInt32 {
        @inline(__always) func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
            let product = a.multipliedFullWidth(by: b)
            return product.high ^ product.low
        }
        let first = mix(low.high ^ seed, low.low ^ 0x9E37_79B9_7F4A_7C15)
        let second = mix(high.high ^ seed ^ 0xE703_7ED1_A0B4_28DB, high.low ^ 0x8EBC_6AF0_9C88_C6E3)
        let third = mix(
            (UInt64(ports) << 32 | UInt64(origin)) ^ seed,
            (UInt64(vlans) << 32 | UInt64(tunnel)) ^ 0x5899_65CC_7537_4CC3)
        let sum = mix(first ^ second ^ seed, third ^ 0x1D8E_4E27_C47D_124F)
        return UInt32(truncatingIfNeeded: sum ^ sum >> 32)
    }
}
