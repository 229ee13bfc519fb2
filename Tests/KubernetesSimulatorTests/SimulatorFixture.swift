import HTTPProbe
import JSON
import KubernetesSimulator
import Testing
import Timestamps

/// The time in every test: nothing depends on the machine's clock.
let fixedTime = Timestamp(sinceEpoch: .seconds(1_700_000_000))

/// Runs a simulator for the time of `body`.
func withSimulator(
    _ configure: (inout SimulatorConfiguration) -> Void = { _ in },
    _ body: (KubernetesSimulator, HTTPProbe) async throws -> Void
) async throws {
    var configuration = SimulatorConfiguration()
    configuration.now = { fixedTime }
    configure(&configuration)
    let simulator = KubernetesSimulator(configuration)
    let probe = try #require(HTTPProbe(url: try await simulator.start()))
    do {
        try await body(simulator, probe)
    } catch {
        await simulator.stop()
        throw error
    }
    await simulator.stop()
}

/// A config map with one entry for each pair.
func configMap(_ name: String, namespace: String = "default", labels: JSONValue = [:], _ data: JSONValue = [:])
    -> JSONValue
{
    [
        "kind": "ConfigMap", "apiVersion": "v1",
        "metadata": ["name": .string(name), "namespace": .string(namespace), "labels": labels], "data": data,
    ]
}

/// A pod of one container, bound to a node if one is named.
func pod(_ name: String, node: String? = nil, labels: JSONValue = [:]) -> JSONValue {
    var pod: JSONValue = [
        "kind": "Pod", "apiVersion": "v1",
        "metadata": ["name": .string(name), "namespace": "default", "labels": labels],
        "spec": ["containers": [["name": "app", "image": "app:1"]]],
    ]
    if let node { pod["spec"]?["nodeName"] = .string(node) }
    return pod
}

extension HTTPProbe.Answer {
    /// The body as JSON.
    var json: JSONValue { get throws { try JSONValue(parsing: body) } }

    /// The names of a list's items.
    var names: [String] {
        get throws { try (json["items"]?.array ?? []).map { $0["metadata"]?["name"]?.string ?? "" } }
    }
}

extension AnswerStream {
    /// The next event of a watch, shortly: its type, the object's name, and its resourceVersion or its code.
    func nextEvent() async throws -> String? {
        guard let line = try await nextLine() else { return nil }
        let event = try JSONValue(parsing: line)
        let object = event["object"] ?? [:]
        let parts = [
            event["type"]?.string, object["metadata"]?["name"]?.string,
            object["metadata"]?["resourceVersion"]?.string, object["code"]?.integer.map(String.init),
        ]
        return parts.compactMap { $0 }.joined(separator: " ")
    }

    /// The rest of a watch.
    func remainingEvents() async throws -> [String] {
        var events: [String] = []
        while let event = try await nextEvent() { events.append(event) }
        return events
    }
}
