/// What items say about their protocol, as `data.protocol`.
package struct ProtocolDescription: Sendable, Hashable {
    package let name: String
    package let version: String
    /// The short name that lists show, as `HTTP`.
    package let abbreviation: String
    package let longName: String
    /// The name of the filter macro that selects it.
    package let macro: String
    package let backgroundColor: String
    /// Where the protocol is defined.
    package let reference: String
    /// The ports on which it usually lives.
    package let ports: [UInt16]
    /// `tcp`, `udp` or empty.
    package let transport: String
    /// Lists show lower numbers first.
    package let priority: Int

    static func http(_ version: String) -> ProtocolDescription {
        switch version {
        case "0.9": http09
        case "1.0": http10
        default: http11
        }
    }

    private static let http09 = http1("0.9")
    private static let http10 = http1("1.0")
    private static let http11 = http1("1.1")

    private static func http1(_ version: String) -> ProtocolDescription {
        ProtocolDescription(
            name: "http", version: version, abbreviation: "HTTP",
            longName: "Hypertext Transfer Protocol -- HTTP/\(version)", macro: "http", backgroundColor: "#416CDE",
            reference: "https://datatracker.ietf.org/doc/html/rfc9112", ports: [80, 443, 8080], transport: "tcp",
            priority: 0)
    }

    static let dns = ProtocolDescription(
        name: "dns", version: "0", abbreviation: "DNS", longName: "Domain Name System", macro: "dns",
        backgroundColor: "#606060", reference: "https://www.iana.org/assignments/dns-parameters/dns-parameters.xhtml",
        ports: [53], transport: "udp", priority: 4)

    static let redis = ProtocolDescription(
        name: "redis", version: "3.x", abbreviation: "REDIS", longName: "Redis Serialization Protocol", macro: "redis",
        backgroundColor: "#A41E11", reference: "https://redis.io/docs/latest/develop/reference/protocol-spec/",
        ports: [6379], transport: "tcp", priority: 3)

    static let tls = ProtocolDescription(
        name: "tls", version: "", abbreviation: "TLS", longName: "Transport Layer Security", macro: "tlsx",
        backgroundColor: "#3F7F5F", reference: "https://datatracker.ietf.org/doc/html/rfc8446", ports: [443],
        transport: "tcp", priority: 6)

    static let icmp4 = icmp("ICMPv4", "https://datatracker.ietf.org/doc/html/rfc792")
    static let icmp6 = icmp("ICMPv6", "https://datatracker.ietf.org/doc/html/rfc4443")

    private static func icmp(_ abbreviation: String, _ reference: String) -> ProtocolDescription {
        ProtocolDescription(
            name: "icmp", version: "", abbreviation: abbreviation, longName: "Internet Control Message Protocol",
            macro: "icmp", backgroundColor: "#7A5C00", reference: reference, ports: [], transport: "", priority: 5)
    }

    static let tcp = ProtocolDescription(
        name: "tcp", version: "", abbreviation: "TCP", longName: "Transmission Control Protocol", macro: "tcp",
        backgroundColor: "#737373", reference: "https://datatracker.ietf.org/doc/html/rfc9293", ports: [],
        transport: "tcp", priority: 7)

    static let udp = ProtocolDescription(
        name: "udp", version: "", abbreviation: "UDP", longName: "User Datagram Protocol", macro: "udp",
        backgroundColor: "#737373", reference: "https://datatracker.ietf.org/doc/html/rfc768", ports: [],
        transport: "udp", priority: 7)
}
