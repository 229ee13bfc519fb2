package import JSON
package import KubernetesClient
internal import Timestamps

extension Pod {
    /// The pod as far as it is remembered, in the API's form: for hooks that are told of a pod whose JSON is not at hand,
    /// because it vanished unseen or is gone since.
    package var outline: JSONValue {
        var result: JSONValue = ["apiVersion": "v1", "kind": "Pod", "metadata": metadataOutline]
        result["spec"] = [
            "nodeName": .string(nodeName), "hostNetwork": .boolean(usesHostNetwork),
            "containers": .array(
                containers.filter { $0.role == .ordinary }.map {
                    ["name": .string($0.name), "image": .string($0.image)]
                }),
        ]
        var status: JSONValue = [
            "phase": .string(phase), "hostIP": .string(hostIP), "podIP": .string(podIPs.first ?? ""),
            "podIPs": .array(podIPs.map { ["ip": .string($0)] }), "qosClass": .string(qosClass),
            "conditions": .array(
                conditions.map {
                    ["type": .string($0.type), "status": .string($0.status), "reason": .string($0.reason)]
                }),
        ]
        if !reason.isEmpty { status["reason"] = .string(reason) }
        if !message.isEmpty { status["message"] = .string(message) }
        status["startTime"] = started.map { .string($0.description) }
        for (key, role) in [("initContainerStatuses", Container.Role.initial), ("containerStatuses", .ordinary)] {
            let statuses = containers.filter { $0.role == role }.map(\.outline)
            if !statuses.isEmpty { status[key] = .array(statuses) }
        }
        result["status"] = status
        return result
    }

    private var metadataOutline: JSONValue {
        var result: JSONValue = [
            "name": .string(metadata.name), "namespace": .string(metadata.namespace), "uid": .string(metadata.uid),
            "resourceVersion": .string(metadata.resourceVersion),
        ]
        result["creationTimestamp"] = metadata.created.map { .string($0.description) }
        result["deletionTimestamp"] = metadata.deletion.map { .string($0.description) }
        result["deletionGracePeriodSeconds"] = metadata.deletionGraceSeconds.map(JSONValue.integer)
        if !metadata.labels.isEmpty {
            var labels: JSONValue = [:]
            for label in metadata.labels { labels[label.key] = .string(label.value) }
            result["labels"] = labels
        }
        if let owner = metadata.controller {
            result["ownerReferences"] = [
                ["kind": .string(owner.kind), "name": .string(owner.name), "controller": true]
            ]
        }
        return result
    }
}

extension Pod.Container {
    fileprivate var outline: JSONValue {
        [
            "name": .string(name), "image": .string(image), "ready": .boolean(isReady), "started": .boolean(isStarted),
            "restartCount": .integer(restartCount), "containerID": .string(containerID), "state": state.outline,
            "lastState": lastState.outline,
        ]
    }
}

extension Pod.ContainerState {
    fileprivate var outline: JSONValue {
        switch self {
        case .unknown: return [:]
        case .waiting(let reason, let message):
            return ["waiting": ["reason": .string(reason), "message": .string(message)]]
        case .running(let since):
            return ["running": ["startedAt": since.map { .string($0.description) } ?? .null]]
        case .terminated(let end):
            return [
                "terminated": [
                    "exitCode": .integer(end.exitCode), "signal": .integer(end.signal), "reason": .string(end.reason),
                    "message": .string(end.message),
                    "startedAt": end.started.map { .string($0.description) } ?? .null,
                    "finishedAt": end.finished.map { .string($0.description) } ?? .null,
                    "containerID": .string(end.containerID),
                ]
            ]
        }
    }
}
