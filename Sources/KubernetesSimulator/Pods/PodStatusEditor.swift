internal import JSON
internal import Timestamps

/// Writes a pod's `status` as the kubelet does.
struct PodStatusEditor {
    private(set) var json: JSONValue
    private let pod: JSONValue
    private let time: JSONValue

    init(_ pod: JSONValue, at time: Timestamp) {
        self.pod = pod
        json = pod["status"] ?? [:]
        self.time = .string(time.description)
    }

    // MARK: Steps

    mutating func beginContainers() {
        let node = pod.at("spec", "nodeName")?.string ?? ""
        json["phase"] = "Pending"
        json["hostIP"] = .string("10.0.0.\(Fingerprint.number(node, below: 250) + 2)")
        json["startTime"] = time
        json["qosClass"] = "Burstable"
        setCondition("Initialized", true)
        let waiting: JSONValue = ["waiting": ["reason": "ContainerCreating"]]
        json["containerStatuses"] = .array(
            specs.map { spec in
                let image = spec["image"] ?? ""
                return [
                    "name": spec["name"] ?? "", "state": waiting, "lastState": [:], "ready": false,
                    "restartCount": 0, "image": image, "imageID": "", "started": false,
                ]
            })
        updateReadiness()
    }

    mutating func startContainers() {
        json["phase"] = "Running"
        let ip: JSONValue = .string(
            "10.244.\(Fingerprint.number(uid, below: 250)).\(Fingerprint.number("\(uid) ip", below: 250) + 2)")
        json["podIP"] = ip
        json["podIPs"] = [["ip": ip]]
        changeContainers { editor, container in
            editor.run(&container)
            let image = container["image"]?.string ?? ""
            container["imageID"] = .string("\(image)@sha256:\(Fingerprint.hex(image, count: 64))")
            container["ready"] = .boolean(container["name"]?.string != SimulatedPod.mainContainer)
        }
        updateReadiness()
    }

    mutating func setReady(_ isReady: Bool) {
        changeMain { $1["ready"] = .boolean(isReady) }
        updateReadiness()
    }

    mutating func terminateMain(exitCode: Int64, reason: String) {
        changeMain { editor, container in
            let started = container.at("state", "running", "startedAt") ?? editor.time
            container["state"] = [
                "terminated": [
                    "exitCode": .integer(exitCode), "reason": .string(reason), "startedAt": started,
                    "finishedAt": editor.time, "containerID": container["containerID"] ?? "",
                ]
            ]
            container["ready"] = false
            container["started"] = false
        }
        updateReadiness()
    }

    mutating func backOffMain(seconds: Int64) {
        let name = pod.metadata["name"]?.string ?? ""
        let namespace = pod.metadata["namespace"]?.string ?? ""
        let main = SimulatedPod.mainContainer
        let message =
            "back-off \(seconds)s restarting failed container=\(main) pod=\(name)_\(namespace)(\(uid))"
        changeMain { _, container in
            if container.at("state", "terminated") != nil { container["lastState"] = container["state"] }
            container["state"] = ["waiting": ["reason": "CrashLoopBackOff", "message": .string(message)]]
        }
        updateReadiness()
    }

    mutating func restartMain() {
        changeMain { editor, container in
            if container.at("state", "terminated") != nil { container["lastState"] = container["state"] }
            container["restartCount"] = .integer((container["restartCount"]?.integer ?? 0) + 1)
            editor.run(&container)
        }
        updateReadiness()
    }

    /// The kubelet keeps nothing of an evicted pod's status but the reason.
    mutating func evict(_ message: String) {
        json = [
            "phase": "Failed", "reason": "Evicted", "message": .string(message), "startTime": json["startTime"] ?? time,
        ]
    }

    mutating func setCondition(_ type: String, _ isTrue: Bool, reason: String? = nil, message: String? = nil) {
        var condition: JSONValue = [
            "type": .string(type), "status": isTrue ? "True" : "False", "lastProbeTime": .null,
            "lastTransitionTime": time,
        ]
        if let reason { condition["reason"] = .string(reason) }
        if let message { condition["message"] = .string(message) }
        var conditions = json["conditions"]?.array ?? []
        guard let index = conditions.firstIndex(where: { $0["type"]?.string == type }) else {
            json["conditions"] = .array(conditions + [condition])
            return
        }
        if conditions[index]["status"] == condition["status"] {
            condition["lastTransitionTime"] = conditions[index]["lastTransitionTime"]
        }
        conditions[index] = condition
        json["conditions"] = .array(conditions)
    }

    // MARK: Parts

    private var uid: String { pod.metadata["uid"]?.string ?? "" }
    private var specs: [JSONValue] { pod.at("spec", "containers")?.array ?? [] }

    private func run(_ container: inout JSONValue) {
        let name = container["name"]?.string ?? ""
        let run = "\(uid) \(name) \(container["restartCount"]?.integer ?? 0)"
        container["state"] = ["running": ["startedAt": time]]
        container["containerID"] = .string("containerd://\(Fingerprint.hex(run, count: 64))")
        container["started"] = true
    }

    private mutating func changeMain(_ change: (PodStatusEditor, inout JSONValue) -> Void) {
        changeContainers { editor, container in
            if container["name"]?.string == SimulatedPod.mainContainer { change(editor, &container) }
        }
    }

    private mutating func changeContainers(_ change: (PodStatusEditor, inout JSONValue) -> Void) {
        var containers = json["containerStatuses"]?.array ?? []
        for i in containers.indices { change(self, &containers[i]) }
        json["containerStatuses"] = .array(containers)
    }

    private mutating func updateReadiness() {
        let unready = (json["containerStatuses"]?.array ?? []).filter { $0["ready"] != true }
        let names = unready.compactMap { $0["name"]?.string }.joined(separator: " ")
        for type in ["Ready", "ContainersReady"] {
            if unready.isEmpty {
                setCondition(type, true)
            } else {
                setCondition(
                    type, false, reason: "ContainersNotReady", message: "containers with unready status: [\(names)]")
            }
        }
    }
}
