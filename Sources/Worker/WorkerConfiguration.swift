package import JSON
package import PacketCapture
package import ScriptRuntime

/// What a worker is made with.
package struct WorkerConfiguration: Sendable {
    /// The interfaces to capture from; `any` for all.
    package var interfaces: [String] = []
    /// Capture files to read instead, one after the other; the worker goes on afterwards, with what it has read.
    package var files: [String] = []
    /// Where everything is kept: the ring (`ring.pcapng`), what scripts write (`files`), snapshots (`snapshots`).
    package var folder: String
    /// Where the ring is, if not in the folder.
    package var ringPath: String?
    /// How large the ring is, and how far back it may reach.
    package var ring = RingSettings.sidecar
    /// How packets are captured; its filter is what `BPF_OVERRIDE` says.
    package var capture = CaptureSettings()
    /// Bounds of flows.
    package var flows = FlowLimits()
    /// What `utils.nodeName()` says.
    package var node: String
    /// What `utils.workerName()` says.
    package var name: String
    /// This worker's address, as it stands in items and in the names of uploads.
    package var address = "127.0.0.1"
    /// What scripts see as `env`; an object.
    package var environment: JSONValue = [:]
    /// Keys of the config map that concern capture, by their names there.
    package var keys: [String: String] = [:]
    /// Limits of each script, and the parser's file.
    package var engine = ScriptEngineConfiguration()
    /// Bytes that scripts may keep.
    package var dataQuota = 1 << 30
    /// Bytes that snapshots may take.
    package var snapshotQuota = 4 << 30
    /// Where the local API listens; nil: nowhere.
    package var listen: (host: String, port: Int)?
    /// The token that the local API asks for; without one it answers on a loopback address only.
    package var tokenFile: String?

    /// Takes the defaults.
    package init(folder: String, node: String, name: String? = nil) {
        self.folder = folder
        self.node = node
        self.name = name ?? node
        capture.reopensInterfaces = true
    }

    /// Who else the worker itself talks to: the hub. Not captured, unless `CAPTURE_SELF` or `BPF_OVERRIDE` says so.
    package var ownPeers: [(address: String, port: Int)] = []

    /// A filter for everything but the worker's own connections: its API's and those to the hub.
    var ownFilter: String {
        var parts: [String] = []
        if let listen, listen.port > 0 {
            // Of an address that means all, the port alone says enough.
            parts.append(
                ["0.0.0.0", "::", "localhost"].contains(listen.host)
                    ? "tcp port \(listen.port)" : "host \(listen.host) and tcp port \(listen.port)")
        }
        for peer in ownPeers { parts.append("host \(peer.address) and tcp port \(peer.port)") }
        return parts.map { "not (\($0))" }.joined(separator: " and ")
    }

    var ringFile: String { ringPath ?? folder + "/ring.pcapng" }
}

/// What a worker has to say.
package struct WorkerEvents: Sendable {
    /// How much a line of the log matters.
    package enum Level: String, Sendable {
        case info, warning, error
    }

    /// Takes what scripts print.
    package var console: @Sendable (ConsoleLine) -> Void
    /// Takes the worker's own log: a message that begins with a capital, and details.
    package var log: @Sendable (Level, String, [(String, String)]) -> Void

    /// Takes both.
    package init(
        console: @escaping @Sendable (ConsoleLine) -> Void,
        log: @escaping @Sendable (Level, String, [(String, String)]) -> Void
    ) {
        self.console = console
        self.log = log
    }
}

/// Why a worker cannot work: a sentence that says what to do.
package struct WorkerError: Error, Equatable, CustomStringConvertible {
    /// The sentence.
    package let description: String

    init(_ description: String) { self.description = description }
}
