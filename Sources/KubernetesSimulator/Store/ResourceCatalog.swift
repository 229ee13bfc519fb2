/// Everything that the simulator stores: to add a kind, add a line.
struct ResourceCatalog: Sendable {
    /// All kinds, in the order in which discovery lists them.
    let resources: [Resource]
    private let byQualifiedName: [String: Resource]
    private let byKind: [String: Resource]

    init(_ resources: [Resource]) {
        self.resources = resources
        byQualifiedName = Dictionary(resources.map { ($0.qualified, $0) }, uniquingKeysWith: { first, _ in first })
        byKind = Dictionary(
            resources.map { ("\($0.apiVersion) \($0.kind)", $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// By `pods` or `leases.coordination.k8s.io`.
    func resource(_ qualified: String) -> Resource? { byQualifiedName[qualified] }

    func resource(apiVersion: String, kind: String) -> Resource? { byKind["\(apiVersion) \(kind)"] }

    func resource(group: String, version: String, plural: String) -> Resource? {
        let resource = byQualifiedName[group.isEmpty ? plural : "\(plural).\(group)"]
        return resource?.version == version ? resource : nil
    }

    /// Named API groups with their version; every group here has one.
    var groups: [(name: String, version: String)] {
        var groups = Self.reviewGroups
        for resource in resources where !resource.group.isEmpty {
            if !groups.contains(where: { $0.name == resource.group }) {
                groups.append((resource.group, resource.version))
            }
        }
        return groups
    }

    /// Groups whose objects are questions and never stored.
    private static let reviewGroups: [(name: String, version: String)] = [
        ("authentication.k8s.io", "v1"), ("authorization.k8s.io", "v1"),
    ]

    static let standard = ResourceCatalog([
        Resource(
            "configmaps", "ConfigMap", short: ["cm"], columns: [.init(name: "Data", type: "integer", priority: 0)]),
        Resource("endpoints", "Endpoints", short: ["ep"]),
        Resource("events", "Event", short: ["ev"], selectable: eventFields, columns: eventColumns),
        Resource(
            "namespaces", "Namespace", short: ["ns"], namespaced: false, status: true, names: .label,
            selectable: ["status.phase"], columns: [.init(name: "Status", type: "string", priority: 0)]),
        Resource(
            "nodes", "Node", short: ["no"], namespaced: false, status: true, selectable: ["spec.unschedulable"],
            columns: [
                .init(name: "Status", type: "string", priority: 0),
                .init(name: "Version", type: "string", priority: 0),
            ]),
        Resource("pods", "Pod", short: ["po"], status: true, selectable: podFields, columns: podColumns),
        Resource(
            "secrets", "Secret", selectable: ["type"],
            columns: [
                .init(name: "Type", type: "string", priority: 0), .init(name: "Data", type: "integer", priority: 0),
            ]),
        Resource("serviceaccounts", "ServiceAccount", short: ["sa"]),
        Resource("services", "Service", short: ["svc"], status: true, names: .serviceLabel),
        Resource(
            "deployments", "Deployment", group: "apps", short: ["deploy"], status: true, generations: true),
        Resource(
            "replicasets", "ReplicaSet", group: "apps", short: ["rs"], status: true, generations: true),
        Resource(
            "leases", "Lease", group: "coordination.k8s.io",
            columns: [.init(name: "Holder", type: "string", priority: 0)]),
        Resource("networkpolicies", "NetworkPolicy", group: "networking.k8s.io", short: ["netpol"]),
        Resource("endpointslices", "EndpointSlice", group: "discovery.k8s.io"),
        Resource("events", "Event", group: "events.k8s.io", short: ["ev"], selectable: ["reason", "type"]),
    ])

    private static let podFields = [
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase",
        "status.podIP", "status.nominatedNodeName",
    ]
    private static let eventFields = [
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type",
    ]
    private static let podColumns: [Resource.Column] = [
        .init(name: "Ready", type: "string", priority: 0), .init(name: "Status", type: "string", priority: 0),
        .init(name: "Restarts", type: "integer", priority: 0), .init(name: "IP", type: "string", priority: 1),
        .init(name: "Node", type: "string", priority: 1),
        .init(name: "Nominated Node", type: "string", priority: 1),
        .init(name: "Readiness Gates", type: "string", priority: 1),
    ]
    private static let eventColumns: [Resource.Column] = [
        .init(name: "Type", type: "string", priority: 0), .init(name: "Reason", type: "string", priority: 0),
        .init(name: "Object", type: "string", priority: 0), .init(name: "Message", type: "string", priority: 0),
    ]
}
