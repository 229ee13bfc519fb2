internal import Dissection

/// Something that reads bytes from the network, with what must hold whatever the bytes are.
///
/// A breach traps: under test, in the fuzzer that mutates (`Fuzz/traffic`) and under libFuzzer (`Fuzz/run`) alike.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// One dissector each, on a ``Script``.
    case http, redis, tls
    case dnsStream = "dns-tcp"
    /// All of them, and which one it is.
    case recognition
    /// One message.
    case dns, icmp
    /// One frame.
    case decoder
    /// Frames to flows to items.
    case traffic
    /// Segments, in an order that no network has.
    case reassembly
    /// A capture file.
    case file
    /// A filter.
    case filter

    /// Runs it on an input.
    package func run(_ input: [UInt8]) {
        switch self {
        case .http: StreamFuzzing.run(input, enabled: ["http"])
        case .redis: StreamFuzzing.run(input, enabled: ["redis"])
        case .tls: StreamFuzzing.run(input, enabled: ["tlsx"])
        case .dnsStream: StreamFuzzing.run(input, enabled: ["dns"])
        case .recognition: StreamFuzzing.run(input, enabled: DissectionSettings.enabledByDefault)
        case .dns: MessageFuzzing.dns(input)
        case .icmp: MessageFuzzing.icmp(input)
        case .decoder: PacketFuzzing.decode(input)
        case .traffic: PacketFuzzing.traffic(input)
        case .reassembly: ReassemblyFuzzing.run(input)
        case .file: FileFuzzing.run(input)
        case .filter: FilterFuzzing.run(input)
        }
    }
}
