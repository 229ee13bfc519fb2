public import JSON

/// A pod like those of real clusters: two containers with probes, resources, mounts and a service account's volume, made
/// by a replica set, 6 to 8 KB of JSON with the fields' owners.
///
/// ``PodStep`` walks it through its life as a node's agent would.
public struct SimulatedPod: Sendable, Equatable {
    /// The container that crashes in the steps that crash.
    public static let mainContainer = "app"
    /// The container beside it.
    public static let sidecar = "proxy"

    /// The pod's name.
    public var name: String
    /// Its namespace.
    public var namespace: String
    /// The node that it will run on.
    public var node: String
    /// The name of the application: label, replica set and image go by it.
    public var application: String
    /// Further labels.
    public var labels: [String: String]

    /// A pod of an application; the application is called as the pod is up to its last dash.
    public init(
        name: String, namespace: String = "default", node: String = "node-1", application: String? = nil,
        labels: [String: String] = [:]
    ) {
        self.name = name
        self.namespace = namespace
        self.node = node
        self.application = application ?? name.lastIndex(of: "-").map { String(name[..<$0]) } ?? name
        self.labels = labels
    }

    /// The pod as its replica set creates it: no node, no status, no identity.
    public var object: JSONValue {
        let hash = Fingerprint.hex(application, count: 10)
        let replicaSet = "\(application)-\(hash)"
        var labels: JSONValue = ["app": .string(application), "pod-template-hash": .string(hash)]
        for (name, value) in self.labels.sorted(by: { $0.key < $1.key }) { labels[name] = .string(value) }
        return [
            "kind": "Pod", "apiVersion": "v1",
            "metadata": [
                "name": .string(name), "generateName": .string("\(replicaSet)-"), "namespace": .string(namespace),
                "labels": labels,
                "annotations": ["prometheus.io/port": "8080", "prometheus.io/scrape": "true"],
                "ownerReferences": [
                    [
                        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": .string(replicaSet),
                        "uid": .string(Fingerprint.uuid(replicaSet)), "controller": true, "blockOwnerDeletion": true,
                    ]
                ],
            ],
            "spec": spec,
        ]
    }

    private var spec: JSONValue {
        [
            "volumes": [
                ["name": "config", "configMap": ["name": .string("\(application)-config"), "defaultMode": 420]],
                ["name": .string(tokenVolume), "secret": ["secretName": .string(tokenVolume), "defaultMode": 420]],
            ],
            "containers": [mainContainer, sidecar],
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "serviceAccountName": .string(application), "serviceAccount": .string(application),
            "securityContext": [:],
            "schedulerName": "default-scheduler",
            "tolerations": [
                Self.toleration("node.kubernetes.io/not-ready"), Self.toleration("node.kubernetes.io/unreachable"),
            ],
            "enableServiceLinks": true,
        ]
    }

    private var mainContainer: JSONValue {
        [
            "name": .string(Self.mainContainer), "image": .string("registry.example.com/\(application):1.4.2"),
            "args": ["--listen=:8080", "--config=/etc/app/config.yaml"],
            "ports": [
                ["name": "http", "containerPort": 8080, "protocol": "TCP"]
            ],
            "env": [
                Self.fieldVariable("POD_NAME", "metadata.name"),
                Self.fieldVariable("POD_NAMESPACE", "metadata.namespace"),
                [
                    "name": "DATABASE_PASSWORD",
                    "valueFrom": ["secretKeyRef": ["name": .string("\(application)-database"), "key": "password"]],
                ],
            ],
            "resources": [
                "limits": ["cpu": "500m", "memory": "256Mi"], "requests": ["cpu": "100m", "memory": "128Mi"],
            ],
            "volumeMounts": [
                ["name": "config", "readOnly": true, "mountPath": "/etc/app"],
                tokenMount,
            ],
            "livenessProbe": Self.probe("/healthz", period: 10), "readinessProbe": Self.probe("/readyz", period: 5),
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "imagePullPolicy": "IfNotPresent",
        ]
    }

    private var sidecar: JSONValue {
        [
            "name": .string(Self.sidecar), "image": "registry.example.com/proxy:2.0.1", "args": ["--upstream=:8080"],
            "ports": [["name": "proxy", "containerPort": 15001, "protocol": "TCP"]],
            "resources": [
                "limits": ["cpu": "200m", "memory": "64Mi"], "requests": ["cpu": "10m", "memory": "32Mi"],
            ],
            "volumeMounts": [tokenMount],
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "imagePullPolicy": "IfNotPresent",
        ]
    }

    private var tokenVolume: String { "\(application)-token-\(Fingerprint.hex("\(application) token", count: 5))" }

    private var tokenMount: JSONValue {
        [
            "name": .string(tokenVolume), "readOnly": true,
            "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
        ]
    }

    private static func fieldVariable(_ name: String, _ path: String) -> JSONValue {
        ["name": .string(name), "valueFrom": ["fieldRef": ["apiVersion": "v1", "fieldPath": .string(path)]]]
    }

    private static func probe(_ path: String, period: Int64) -> JSONValue {
        [
            "httpGet": ["path": .string(path), "port": 8080, "scheme": "HTTP"], "initialDelaySeconds": 3,
            "timeoutSeconds": 1, "periodSeconds": .integer(period), "successThreshold": 1, "failureThreshold": 3,
        ]
    }

    private static func toleration(_ key: String) -> JSONValue {
        ["key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300]
    }
}
