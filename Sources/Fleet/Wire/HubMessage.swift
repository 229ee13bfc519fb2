internal import JSON

/// What a hub says to a worker: one JSON object a line, on a response that does not end.
package enum HubMessage: Sendable, Equatable {
    /// The first line of every connection.
    case welcome(FleetWelcome)
    /// Another set of scripts, keys and `env`.
    case push(FleetPush)
    /// A pod of the worker's node, or beside it.
    case pod(FleetPodEvent)
    /// All pods that there are were told of: those that the worker knows beside them are gone.
    case swept
    /// Whose addresses are, in the whole cluster.
    case names(FleetNames)
    /// Something to do once.
    case command(FleetCommand)
    /// A sign of life; all pod events up to the position were sent before it.
    case ping(PodPosition)
    /// The hub ends the connection: come back after so long.
    case bye(reason: String, delay: Duration)

    /// The line with its line break.
    package var line: [UInt8] {
        switch self {
        case .welcome(let welcome): welcome.json.encoded() + [0x0a]
        case .push(let push): push.json.encoded() + [0x0a]
        case .pod(let event): event.line + [0x0a]
        case .swept: Array(#"{"type":"swept"}"#.utf8) + [0x0a]
        case .names(let names): names.line + [0x0a]
        case .command(let command):
            JSONValue.object([
                "type": "command", "id": .string(command.id), "name": .string(command.name),
                "arguments": command.arguments,
            ]).encoded() + [0x0a]
        case .ping(let position):
            JSONValue.object(["type": "ping", "position": position.json]).encoded() + [0x0a]
        case .bye(let reason, let delay):
            JSONValue.object(["type": "bye", "reason": .string(reason), "delay": .integer(delay.wholeMilliseconds)])
                .encoded() + [0x0a]
        }
    }

    /// Reads a line; nil if it is of a type that a later hub may send and this worker does not know.
    package init?(line: [UInt8]) throws(FleetWireError) {
        let value: JSONValue
        do { value = try JSONValue(parsing: line) } catch { throw FleetWireError("a line that is no JSON: \(error)") }
        switch value["type"]?.string {
        case "welcome": self = .welcome(try FleetWelcome(value))
        case "push": self = .push(try FleetPush(value))
        case "pod": self = .pod(try FleetPodEvent(value))
        case "swept": self = .swept
        case "names": self = .names(try FleetNames(value))
        case "command":
            guard let id = value["id"]?.string, let name = value["name"]?.string else {
                throw FleetWireError("a command without id or name")
            }
            self = .command(FleetCommand(id: id, name: name, arguments: value["arguments"] ?? [:]))
        case "ping": self = .ping(PodPosition(value["position"]))
        case "bye":
            self = .bye(
                reason: value["reason"]?.string ?? "", delay: .milliseconds(value["delay"]?.integer ?? 0))
        case .some: return nil
        case nil: throw FleetWireError("a line without type")
        }
    }
}

/// The terms of a connection.
package struct FleetWelcome: Sendable, Equatable {
    /// Which process of the hub.
    package let hub: String
    /// Names the connection in reports.
    package let session: String
    /// A hub that says nothing three times as long is gone; a worker reports at least as often.
    package let heartbeat: Duration

    package init(hub: String, session: String, heartbeat: Duration) {
        self.hub = hub
        self.session = session
        self.heartbeat = heartbeat
    }

    init(_ value: JSONValue) throws(FleetWireError) {
        guard let hub = value["hub"]?.string, let session = value["session"]?.string,
            let heartbeat = value["heartbeat"]?.integer, 1...600_000 ~= heartbeat
        else { throw FleetWireError("a welcome without hub, session or heartbeat") }
        guard value["protocol"]?.integer == FleetProtocol.version else {
            throw FleetWireError(
                "a hub of protocol \(value["protocol"]?.description ?? "none"), not \(FleetProtocol.version)")
        }
        self.init(hub: hub, session: session, heartbeat: .milliseconds(heartbeat))
    }

    var json: JSONValue {
        [
            "type": "welcome", "protocol": .integer(FleetProtocol.version), "hub": .string(hub),
            "session": .string(session), "heartbeat": .integer(heartbeat.wholeMilliseconds),
        ]
    }
}

/// The numbers and names that both ends must agree on.
package enum FleetProtocol {
    /// Grows when an end of before would misunderstand; members and message types may be added without.
    package static let version: Int64 = 1
    /// The audience of the workers' tokens.
    package static let audience = "remora-hub"
    /// Where a worker connects (POST, body: ``FleetHello``).
    package static let connectPath = "/fleet/connect"
    /// Where it reports (POST, body: ``FleetReport``).
    package static let reportPath = "/fleet/report"
    /// Where it asks for the targeted pods (GET).
    package static let targetedPath = "/fleet/targeted"
    /// Names the connection in every other request, and proves that it comes from who was let in by its token: 128 random
    /// bits that only the worker was told.
    package static let sessionHeader = "X-Remora-Session"
    /// Bytes of a line: a config map is at most 1 MiB, and escaping at most doubles what is not control characters.
    static let lineLimit = 16 << 20
}

extension Duration {
    var wholeMilliseconds: Int64 { components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000 }
}
