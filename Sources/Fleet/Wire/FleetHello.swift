internal import JSON

/// With what a worker connects: who it is, what it holds, and how far it has heard of pods and names.
package struct FleetHello: Sendable, Equatable {
    /// Of which pods a worker wants to hear.
    package enum Scope: Sendable, Hashable {
        /// Those on its node.
        case node(String)
        /// One alone, beside which it runs.
        case pod(namespace: String, name: String)
        /// All.
        case all
    }

    /// Its name, unique among those that run: a pod's namespace and name, or a node.
    package var worker: String
    /// The name of its node, as `utils.nodeName()` says it.
    package var node: String
    /// Which process: reports of another one count anew.
    package var instance: String
    /// Remora's version.
    package var version: String
    package var scope: Scope
    /// What it holds, also scripts that it refused.
    package var manifest: FleetManifest
    /// What of it does not run.
    package var failures: [FleetScriptFailure]
    /// How far it has heard of pods.
    package var position: PodPosition
    /// Whether it knows what to do with names, and how far it has read them.
    package var names: Names

    /// What a worker says of names.
    package enum Names: Sendable, Hashable {
        /// It is of a version that does not know them.
        case unknown
        /// It has none yet.
        case none
        /// It has these.
        case read(FleetNamePosition)
    }

    package init(
        worker: String, node: String, instance: String, version: String, scope: Scope,
        manifest: FleetManifest = FleetSet().manifest, failures: [FleetScriptFailure] = [],
        position: PodPosition = PodPosition(), names: Names = .none
    ) {
        self.worker = worker
        self.node = node
        self.instance = instance
        self.version = version
        self.scope = scope
        self.manifest = manifest
        self.failures = failures
        self.position = position
        self.names = names
    }

    package init(_ body: [UInt8]) throws(FleetWireError) {
        let value: JSONValue
        do { value = try JSONValue(parsing: body) } catch { throw FleetWireError("a hello that is no JSON: \(error)") }
        guard value["protocol"]?.integer == FleetProtocol.version else {
            throw FleetWireError(
                "protocol \(value["protocol"]?.description ?? "none"), and this hub speaks \(FleetProtocol.version): "
                    + "run workers of the hub's version")
        }
        guard let worker = Self.name(value["worker"]), let node = Self.name(value["node"]),
            let instance = Self.name(value["instance"]), let manifest = FleetManifest(value["manifest"])
        else { throw FleetWireError("a hello without worker, node, instance or manifest") }
        self.init(
            worker: worker, node: node, instance: instance, version: Self.name(value["version"]) ?? "",
            scope: try Self.scope(value["scope"], node: node), manifest: manifest,
            failures: (value["failures"]?.array ?? []).compactMap(FleetScriptFailure.init),
            position: PodPosition(value["position"]),
            names: value["names"].map { FleetNamePosition($0).map(Names.read) ?? .none } ?? .unknown)
    }

    /// Names of pods with their namespaces have at most 317 bytes.
    private static func name(_ value: JSONValue?) -> String? {
        guard let text = value?.string, 1...400 ~= text.utf8.count, text.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) else {
            return nil
        }
        return text
    }

    private static func scope(_ value: JSONValue?, node: String) throws(FleetWireError) -> Scope {
        if value?.string == "all" { return .all }
        if value == nil || value?.string == "node" { return .node(node) }
        guard let namespace = name(value?["namespace"]), let pod = name(value?["name"]) else {
            throw FleetWireError("a scope that is neither node nor all nor a pod")
        }
        return .pod(namespace: namespace, name: pod)
    }

    package var body: [UInt8] {
        let scope: JSONValue =
            switch scope {
            case .node: "node"
            case .all: "all"
            case .pod(let namespace, let name): ["namespace": .string(namespace), "name": .string(name)]
            }
        var value: JSONValue = [
            "protocol": .integer(FleetProtocol.version), "worker": .string(worker), "node": .string(node),
            "instance": .string(instance), "version": .string(version), "scope": scope, "manifest": manifest.json,
            "failures": .array(failures.map(\.json)), "position": position.json,
        ]
        switch names {
        case .unknown: break
        case .none: value["names"] = [:]
        case .read(let position): value["names"] = position.json
        }
        return value.encoded()
    }
}
