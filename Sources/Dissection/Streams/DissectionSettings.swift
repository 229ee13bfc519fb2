internal import JSON

/// What is dissected, and how much of it is kept.
package struct DissectionSettings: Sendable, Equatable {
    /// The names of the dissectors that run (`ENABLED_DISSECTORS`).
    package var enabled: Set<String> = Self.enabledByDefault
    /// Names of dissectors by port (`PORT_MAPPING`): decides where the bytes leave a doubt.
    package var portMapping: [UInt16: Set<String>] = [:]
    /// The share of connections that are dissected, from 0 to 1 (`TRAFFIC_SAMPLE_RATE`); of the others there are no items.
    package var sampledShare = 1.0
    /// Within how many nanoseconds an equal item of another stream is a duplicate (`DETECT_DUPLICATES`,
    /// `DUPLICATE_TIMEFRAME`); nil: nobody looks.
    package var duplicateWindow: Int64?
    /// Bytes of a body that are kept; of a longer one the beginning, and the item says so.
    package var bodyLimit = 64 << 10
    /// Bytes of a message's head that are read; a longer one is a parse error.
    package var headLimit = 64 << 10
    /// Exchanges of a connection that may wait for their response.
    package var pendingLimit = 64
    /// How long a request waits for its answer, in nanoseconds.
    package var pairingTimeout: Int64 = 10_000_000_000
    /// Bytes of each side that are looked at to recognize a protocol.
    package var recognitionLimit = 8 << 10

    /// The defaults.
    package init() {}

    /// Every name that `ENABLED_DISSECTORS` may hold and this version knows.
    package static let known: Set<String> = [
        "http", "dns", "redis", "icmp", "tlsx", "tcp", "udp", "tcp-conn", "udp-conn", "tcp-flow", "udp-flow",
    ]
    /// All but the connections themselves and their packets, of which there are many.
    package static let enabledByDefault: Set<String> = ["http", "dns", "redis", "icmp", "tlsx"]

    /// Reads `ENABLED_DISSECTORS`: names, separated by commas. Empty text means the default. Returns the names that
    /// this version does not know.
    package mutating func setEnabled(_ text: String) -> [String] {
        let names = text.split(separator: ",").map { $0.filter { !$0.isWhitespace }.lowercased() }
            .filter { !$0.isEmpty }
        enabled = names.isEmpty ? Self.enabledByDefault : Set(names).intersection(Self.known)
        return names.filter { !Self.known.contains($0) }
    }

    /// Reads `PORT_MAPPING`: a JSON object of arrays of ports, as `{"http":[80,8080]}`. Empty text maps nothing.
    package mutating func setPortMapping(_ text: String) throws(SettingError) {
        guard text.contains(where: { !$0.isWhitespace }) else { return portMapping = [:] }
        guard let members = (try? JSONValue(parsing: text))?.object else {
            throw SettingError("the port mapping must be a JSON object of arrays, as {\"http\":[80,8080]}")
        }
        var mapping: [UInt16: Set<String>] = [:]
        for (name, ports) in members {
            guard let ports = ports.array else { throw SettingError("the ports of \"\(name)\" must be an array") }
            for port in ports {
                guard let number = port.integer ?? port.string.flatMap({ Int64($0) }),
                    let port = UInt16(exactly: number)
                else { throw SettingError("\(port) is no port (of \"\(name)\")") }
                mapping[port, default: []].insert(name.lowercased())
            }
        }
        portMapping = mapping
    }

    /// Whether a port of the connection is one of the protocol's.
    func isPort(of dissector: any StreamDissector.Type, _ connection: ConnectionIdentity) -> Bool {
        [connection.server.port, connection.client.port].contains { port in
            portMapping[port].map { $0.contains(dissector.name) } ?? dissector.ports.contains(port)
        }
    }
}

/// Why a setting cannot be used.
package struct SettingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with it.
    package let description: String

    init(_ description: String) { self.description = description }
}
