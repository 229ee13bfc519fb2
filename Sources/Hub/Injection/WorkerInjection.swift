internal import FoundationEssentials
internal import JSON

/// Puts a worker beside the containers of pods that ask for it by the label `remora.dev/inject=true`: what a mutating
/// webhook answers, without I/O.
///
/// It only adds, and it allows every pod. What cannot have a worker is left as it is, with a warning that `kubectl` shows.
struct WorkerInjection: Sendable {
    /// The image of the workers.
    let image: String
    /// The hub's namespace.
    let namespace: String
    /// Whether the cluster starts an init container that is restarted always beside the others, and ends it after them.
    let hasNativeSidecars: Bool

    static let path = "/inject"
    static let label = "remora.dev/inject"
    static let annotation = "remora.dev/hub-ca"
    static let container = "remora"

    /// The answer to an AdmissionReview. `certificate`: what the hub is trusted by.
    func answer(_ review: JSONValue, certificate: String?) -> JSONValue? {
        guard let request = review["request"], let uid = request["uid"]?.string else { return nil }
        var response: JSONValue = ["uid": .string(uid), "allowed": true]
        if let pod = request["object"] {
            switch decide(pod, certificate) {
            case .leave(nil): break
            case .leave(let reason?): response["warnings"] = [.string("remora: no worker beside this pod: \(reason)")]
            case .add(let operations):
                response["patchType"] = "JSONPatch"
                response["patch"] = .string(Data(JSONValue.array(operations).encoded()).base64EncodedString())
            }
        }
        return [
            "apiVersion": review["apiVersion"] ?? "admission.k8s.io/v1", "kind": "AdmissionReview",
            "response": response,
        ]
    }

    private enum Decision {
        case leave(String?)
        case add([JSONValue])
    }

    private func decide(_ pod: JSONValue, _ certificate: String?) -> Decision {
        guard pod["metadata"]?["labels"]?[Self.label]?.string == "true" else { return .leave(nil) }
        let containers = (pod["spec"]?["containers"]?.array ?? []) + (pod["spec"]?["initContainers"]?.array ?? [])
        if containers.contains(where: { $0["name"]?.string == Self.container }) { return .leave(nil) }
        guard let certificate else { return .leave("the hub has no certificate to be trusted by") }
        if pod["spec"]?["hostNetwork"]?.boolean == true {
            return .leave("it uses the node's network, which the node's worker captures")
        }
        let isRestarted = (pod["spec"]?["restartPolicy"]?.string ?? "Always") == "Always"
        guard isRestarted || hasNativeSidecars else {
            return .leave("it is to end by itself, and this cluster would wait for the worker to end too")
        }
        return .add(additions(to: pod, certificate))
    }

    // MARK: What is added

    private func additions(to pod: JSONValue, _ certificate: String) -> [JSONValue] {
        var operations: [JSONValue] = []
        func add(_ path: String, _ value: JSONValue) {
            operations.append(["op": "add", "path": .string(path), "value": value])
        }
        if pod["metadata"]?["annotations"] == nil { add("/metadata/annotations", [:]) }
        add("/metadata/annotations/remora.dev~1hub-ca", .string(certificate))
        if pod["spec"]?["volumes"] == nil { add("/spec/volumes", []) }
        for volume in volumes { add("/spec/volumes/-", volume) }
        guard hasNativeSidecars else {
            add("/spec/containers/-", container)
            return operations
        }
        var sidecar = container
        sidecar["restartPolicy"] = "Always"
        if pod["spec"]?["initContainers"] == nil { add("/spec/initContainers", []) }
        // The first, so that it captures what the others say from their beginning on.
        add("/spec/initContainers/0", sidecar)
        return operations
    }

    private var volumes: [JSONValue] {
        [
            [
                "name": "remora-hub",
                "projected": [
                    "defaultMode": 0o400,
                    "sources": [
                        [
                            "serviceAccountToken": [
                                "audience": "remora-hub", "expirationSeconds": 3_600, "path": "token",
                            ]
                        ],
                        // So that no namespace needs a config map for it.
                        [
                            "downwardAPI": [
                                "items": [
                                    [
                                        "path": "ca.crt",
                                        "fieldRef": [
                                            "fieldPath": .string("metadata.annotations['\(Self.annotation)']")
                                        ],
                                    ]
                                ]
                            ]
                        ],
                    ],
                ],
            ],
            // More than all that the worker may hold, so that it never costs the pod its place on the node.
            ["name": "remora-data", "emptyDir": ["sizeLimit": "512Mi"]],
        ]
    }

    /// As in manifests/overlays/sidecar/worker.
    private var container: JSONValue {
        func field(_ name: String, _ path: String) -> JSONValue {
            ["name": .string(name), "valueFrom": ["fieldRef": ["fieldPath": .string(path)]]]
        }
        return [
            "name": .string(Self.container), "image": .string(image),
            "args": [
                "worker", "--interface=any", .string("--hub=https://remora-hub.\(namespace).svc"),
                "--hub-token-file=/hub/token", "--hub-ca=/hub/ca.crt", "--beside-pod=$(POD_NAMESPACE)/$(POD_NAME)",
                "--data=/remora", "--ring-size=48", "--snapshot-quota=256", "--file-quota=64",
                "--listen=127.0.0.1:8897",
            ],
            "env": [
                field("NODE_NAME", "spec.nodeName"), field("POD_NAME", "metadata.name"),
                field("POD_NAMESPACE", "metadata.namespace"),
            ],
            "resources": [
                "requests": ["cpu": "25m", "memory": "128Mi", "ephemeral-storage": "64Mi"],
                "limits": ["memory": "384Mi", "ephemeral-storage": "512Mi"],
            ],
            "securityContext": [
                "runAsUser": 0, "runAsNonRoot": false, "readOnlyRootFilesystem": true,
                "allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"], "add": ["NET_RAW"]],
            ],
            "volumeMounts": [
                ["name": "remora-hub", "mountPath": "/hub", "readOnly": true],
                ["name": "remora-data", "mountPath": "/remora"],
                ["name": "remora-data", "mountPath": "/tmp", "subPath": "tmp"],
            ],
        ]
    }
}
