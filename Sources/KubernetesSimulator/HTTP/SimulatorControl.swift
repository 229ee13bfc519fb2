internal import HTTPServer
internal import JSON

/// Faults on demand for scripts, below `/simulator/`:
///
/// | request | does |
/// | --- | --- |
/// | `POST faults` | plans a fault: `{"match": {"verb": "list", "resource": "pods"}, "times": 1, "fault": {"status": 503}}` |
/// | `DELETE faults` | calls all faults off |
/// | `POST watches` | disturbs open watches: `{"match": {"resource": "pods"}, "fault": {"disconnect": true}}` |
/// | `POST compact` | forgets all history |
/// | `POST backup`, `POST restore` | remembers the state, goes back to it; `?name=` if there is more than one |
/// | `GET requests` | counters by verb and resource; `DELETE` sets them to zero |
/// | `PUT log` | what `kubectl logs` shows: `?namespace=default&pod=web-1`, the body is the text |
///
/// `times` is 1 if it is left out, and null for always. Durations are in seconds.
struct SimulatorControl {
    static let pathPrefix = "/simulator/"

    let simulator: KubernetesSimulator

    func answer(_ http: HTTPRequest) -> HTTPResponse {
        do throws(APIStatus) {
            return .json(try carryOut(http))
        } catch {
            return .status(error)
        }
    }

    private func carryOut(_ http: HTTPRequest) throws(APIStatus) -> JSONValue {
        switch (http.method, String(http.path.dropFirst(Self.pathPrefix.count))) {
        case ("POST", "faults"):
            let body = try body(http)
            let fault = try FaultDescription.requestFault(body["fault"] ?? [:])
            let times = body["times"] ?? 1
            let id = simulator.inject(
                fault, for: FaultDescription.match(body["match"] ?? [:]), times: times.integer.map { Int($0) })
            return ["id": .integer(Int64(id.number))]
        case ("DELETE", "faults"):
            simulator.removeFault()
            return [:]
        case ("POST", "watches"):
            let body = try body(http)
            let count = simulator.disturbWatches(
                try FaultDescription.watchFault(body["fault"] ?? [:]),
                matching: FaultDescription.match(body["match"] ?? [:]))
            return ["watches": .integer(Int64(count))]
        case ("POST", "compact"):
            simulator.compact()
            return [:]
        case ("POST", "backup"):
            simulator.backUp(as: http.query["name"] ?? "default")
            return [:]
        case ("POST", "restore"):
            let name = http.query["name"] ?? "default"
            guard simulator.restore(name) else { throw .badRequest("there is no backup \"\(name)\": make one first") }
            return [:]
        case ("GET", "requests"):
            return .object(
                simulator.requestSummary.reduce(into: [:]) { $0[$1.name] = .integer(Int64($1.count)) })
        case ("DELETE", "requests"):
            simulator.resetRequests()
            return [:]
        case ("PUT", "log"):
            guard let pod = http.query["pod"] else { throw .badRequest("name the pod: ?pod=NAME") }
            simulator.setLog(
                String(decoding: http.body, as: UTF8.self), namespace: http.query["namespace"] ?? "default", pod: pod)
            return [:]
        default: throw .noSuchResource()
        }
    }

    private func body(_ http: HTTPRequest) throws(APIStatus) -> JSONValue {
        try RequestBody.parse(http, kind: "fault")
    }
}
