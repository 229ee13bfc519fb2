import Fleet
import JSON

/// Sets with short names.
enum Samples {
    static func set(_ codes: [Int: String], environment: JSONValue = [:], keys: [String: String] = [:]) -> FleetSet {
        FleetSet(
            scripts: codes.map { FleetScript(index: $0.key, title: "s\($0.key)", code: $0.value) },
            environment: environment, keys: keys)
    }

    static func hello(
        _ worker: String = "w1", node: String = "n1", instance: String = "i1", scope: FleetHello.Scope? = nil,
        manifest: FleetManifest = FleetSet().manifest, position: PodPosition = PodPosition()
    ) -> FleetHello {
        FleetHello(
            worker: worker, node: node, instance: instance, version: "1", scope: scope ?? .node(node),
            manifest: manifest, position: position)
    }

    static func pod(_ uid: String, node: String = "n1") -> [UInt8] {
        JSONValue.object([
            "metadata": ["uid": .string(uid), "namespace": "shop", "name": .string("pod-\(uid)")],
            "spec": ["nodeName": .string(node)],
        ]).encoded()
    }

    static func event(
        _ event: String, _ uid: String, version: UInt64?, ordinal: Int = 0, change: [UInt8]? = nil
    ) -> FleetPodEvent {
        FleetPodEvent(
            mark: version.map { PodMark(stream: .pods, version: $0, ordinal: ordinal) }, event: event, pod: pod(uid),
            change: change)
    }

    static func failure(_ index: Int) -> FleetScriptFailure {
        FleetScriptFailure(index: index, title: "s\(index)", line: 2, column: 5, message: "SyntaxError: no")
    }

    static func position(_ version: UInt64, ordinal: Int = 0) -> PodPosition {
        var position = PodPosition()
        position.advance(to: PodMark(stream: .pods, version: version, ordinal: ordinal))
        return position
    }
}
