internal import JSON

/// A message of ICMP for IPv4 or IPv6 (RFC 792, RFC 4443).
package struct ICMPMessage: Sendable, Equatable {
    /// 4 or 6.
    package let version: Int
    let type: Int
    let code: Int
    let checksum: Int
    let identifier: Int
    let sequence: Int
    let length: Int

    /// Reads a message; nil if the bytes are too few for a header.
    package init?(_ bytes: UnsafeRawBufferPointer, version: Int) {
        var reader = ByteReader(bytes)
        guard let type = reader.byte(), let code = reader.byte(), let checksum = reader.number16() else { return nil }
        self.version = version
        self.type = Int(type)
        self.code = Int(code)
        self.checksum = checksum
        identifier = reader.number16() ?? 0
        sequence = reader.number16() ?? 0
        length = bytes.count
    }

    /// Such as `EchoRequest` or `DestinationUnreachable(Port)`.
    var typeCode: String {
        let names = version == 6 ? Self.names6 : Self.names4
        guard let (name, codes) = names[type] else { return "Unknown(\(type))(\(code))" }
        if let text = codes[code] { return "\(name)(\(text))" }
        return codes.isEmpty && code == 0 ? name : "\(name)(\(code))"
    }

    private static let names4: [Int: (String, [Int: String])] = [
        0: ("EchoReply", [:]),
        3: (
            "DestinationUnreachable",
            [
                0: "Net", 1: "Host", 2: "Protocol", 3: "Port", 4: "FragmentationNeeded", 5: "SourceRouteFailed",
                6: "NetUnknown", 7: "HostUnknown", 8: "SourceIsolated", 9: "NetAdminProhibited",
                10: "HostAdminProhibited", 11: "NetTOS", 12: "HostTOS", 13: "CommAdminProhibited",
                14: "HostPrecedence", 15: "PrecedenceCutoff",
            ]
        ),
        4: ("SourceQuench", [:]), 5: ("Redirect", [0: "Net", 1: "Host", 2: "TOS+Net", 3: "TOS+Host"]),
        8: ("EchoRequest", [:]), 9: ("RouterAdvertisement", [:]), 10: ("RouterSolicitation", [:]),
        11: ("TimeExceeded", [0: "TTLExceeded", 1: "FragmentReassemblyTimeExceeded"]),
        12: ("ParameterProblem", [0: "PointerIndicatesError", 1: "MissingOption", 2: "BadLength"]),
        13: ("TimestampRequest", [:]), 14: ("TimestampReply", [:]), 15: ("InfoRequest", [:]), 16: ("InfoReply", [:]),
        17: ("AddressMaskRequest", [:]), 18: ("AddressMaskReply", [:]),
    ]

    private static let names6: [Int: (String, [Int: String])] = [
        1: (
            "DestinationUnreachable",
            [
                0: "NoRouteToDst", 1: "AdminProhibited", 2: "BeyondScopeOfSrc", 3: "Address", 4: "Port",
                5: "SrcAddressFailedPolicy", 6: "RejectRouteToDst",
            ]
        ),
        2: ("PacketTooBig", [:]), 3: ("TimeExceeded", [0: "HopLimitExceeded", 1: "FragmentReassemblyTimeExceeded"]),
        4: ("ParameterProblem", [0: "ErroneousHeader", 1: "UnrecognizedNextHeader", 2: "UnrecognizedIPv6Option"]),
        128: ("EchoRequest", [:]), 129: ("EchoReply", [:]), 130: ("MLDv1MulticastListenerQueryMessage", [:]),
        131: ("MLDv1MulticastListenerReportMessage", [:]), 132: ("MLDv1MulticastListenerDoneMessage", [:]),
        133: ("RouterSolicitation", [:]), 134: ("RouterAdvertisement", [:]), 135: ("NeighborSolicitation", [:]),
        136: ("NeighborAdvertisement", [:]), 137: ("Redirect", [:]),
        143: ("MLDv2MulticastListenerReportMessageV2", [:]),
    ]

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in [
            ("checksum", checksum), ("id", identifier), ("sequence", sequence), ("version", version),
            ("length", length),
        ] {
            writer.key(name)
            writer.write(Int64(value))
        }
        writer.member("typeCode", typeCode)
        writer.endObject()
    }
}
