package import JSON
internal import PacketCapture
internal import Timestamps

/// Which packets are meant, as scripts and people say it. Everything that is said must apply; nothing said means all.
package struct PacketSelection: Sendable, Equatable {
    /// Not before this moment, in nanoseconds since 1970.
    package var from: Int64?
    /// Not after this moment, in nanoseconds since 1970.
    package var to: Int64?
    /// Only packets of these flows, by their names (`data.stream`).
    package var streams: [String]?
    /// Only packets from or to one of these addresses.
    package var addresses: [String] = []
    /// Only packets from or to pods of this name; `namespace/name` is understood too.
    package var pod: String?
    /// Only packets from or to pods of this namespace.
    package var namespace: String?
    /// Only packets of flows that have an item which this filter matches.
    package var filter: String?
    /// Whether the file is to be pcapng in any case; else it is classic pcap where that is enough.
    package var isPcapng = false

    /// Everything.
    package init() {}

    private static let members = ["from", "to", "stream", "streams", "ip", "pod", "namespace", "kfl", "format"]

    /// Reads the object that `pcap.snapshot({…})` takes, and that the worker's API gets.
    package init(_ value: JSONValue) throws(SelectionError) {
        guard let object = value.object else { throw SelectionError("a selection must be an object") }
        for name in object.keys where !Self.members.contains(name) {
            throw SelectionError(
                "a selection has no member \"\(name)\": there are \(Self.members.joined(separator: ", "))")
        }
        from = try Self.time(value["from"], "from")
        to = try Self.time(value["to"], "to")
        if let from, let to, from > to { throw SelectionError("from is later than to") }
        let streams = try Self.texts(value["streams"], "streams") + Self.texts(value["stream"], "stream")
        if !streams.isEmpty { self.streams = streams }
        addresses = try Self.texts(value["ip"], "ip")
        for address in addresses where IPAddress(address) == nil {
            throw SelectionError("ip: \"\(address)\" is no IP address")
        }
        pod = try Self.text(value["pod"], "pod")
        namespace = try Self.text(value["namespace"], "namespace")
        filter = try Self.text(value["kfl"], "kfl")
        switch try Self.text(value["format"], "format") {
        case nil, "pcap", "auto": break
        case "pcapng": isPcapng = true
        case let other?: throw SelectionError("format: \"\(other)\" is neither \"auto\" nor \"pcapng\"")
        }
    }

    /// The object that ``init(_:)`` reads.
    package var json: JSONValue {
        var value: JSONValue = [:]
        value["from"] = from.map { .string("\(Timestamp(microseconds: $0 / 1000).withMicroseconds)") }
        value["to"] = to.map { .string("\(Timestamp(microseconds: $0 / 1000).withMicroseconds)") }
        value["streams"] = streams.map { .array($0.map(JSONValue.string)) }
        if !addresses.isEmpty { value["ip"] = .array(addresses.map(JSONValue.string)) }
        value["pod"] = pod.map(JSONValue.string)
        value["namespace"] = namespace.map(JSONValue.string)
        value["kfl"] = filter.map(JSONValue.string)
        if isPcapng { value["format"] = "pcapng" }
        return value
    }

    private static func text(_ value: JSONValue?, _ name: String) throws(SelectionError) -> String? {
        switch value {
        case nil, .null: return nil
        case .string(let text): return text.isEmpty ? nil : text
        default: throw SelectionError("\(name) must be a text")
        }
    }

    private static func texts(_ value: JSONValue?, _ name: String) throws(SelectionError) -> [String] {
        guard let elements = value?.array else { return try text(value, name).map { [$0] } ?? [] }
        var texts: [String] = []
        for element in elements {
            guard let text = element.string else { throw SelectionError("\(name) must be texts") }
            texts.append(text)
        }
        return texts
    }

    /// Unix milliseconds as in `data.timestamp`, or RFC 3339.
    private static func time(_ value: JSONValue?, _ name: String) throws(SelectionError) -> Int64? {
        let limit = Double(Int64.max) / 1e6
        switch value {
        case nil, .null: return nil
        case .integer(let milliseconds) where abs(Double(milliseconds)) < limit: return milliseconds * 1_000_000
        case .double(let milliseconds) where abs(milliseconds) < limit: return Int64(milliseconds * 1e6)
        case .string(let text):
            if let time = Timestamp(text) { return time.microseconds * 1000 }
            fallthrough
        default:
            throw SelectionError("\(name) must be Unix milliseconds, as Date.now(), or a time as 2023-11-14T22:13:20Z")
        }
    }
}

/// Why a selection makes no sense: a sentence.
package struct SelectionError: Error, Equatable, CustomStringConvertible {
    /// The sentence.
    package let description: String

    init(_ description: String) { self.description = description }
}
