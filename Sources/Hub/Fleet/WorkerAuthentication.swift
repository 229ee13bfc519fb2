internal import Fleet
internal import FoundationEssentials
internal import HTTPServer
internal import JSON
internal import KubernetesClient

/// Which workers may connect.
///
/// In a cluster a worker shows a token that the kubelet projected into its pod for the audience `remora-hub`: it is of no
/// use at the API server. The cluster reviews it (TokenReview), and says whether its account may `create` `hubs/workers`
/// of `remora.dev` in the hub's namespace (SubjectAccessReview). What the token says of its pod and node has to be what
/// the worker says. Nothing of this is cached: it happens once for each connection.
struct WorkerAuthentication: Sendable {
    enum Mode: Sendable {
        case file(String)
        case cluster(KubernetesClient, namespace: String)
        case open
    }

    let mode: Mode

    /// Why a worker may not connect; nil: it may.
    func refusal(_ request: HTTPRequest, _ hello: FleetHello) async -> (status: Int, reason: String)? {
        if case .open = mode { return nil }
        guard let header = request.headers["Authorization"], header.hasPrefix("Bearer ") else {
            return (401, "send the worker's token as: Authorization: Bearer TOKEN")
        }
        let token = String(header.dropFirst(7))
        switch mode {
        case .open: return nil
        case .file(let path):
            // Read each time: a token that is replaced counts at once.
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                return (401, "the hub cannot read its file of the workers' token")
            }
            let wanted = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
            return HubAuthentication.isEqual(token, wanted) ? nil : (401, "this is not the workers' token")
        case .cluster(let client, let namespace):
            do { return try await review(token, hello, client, namespace) } catch {
                return (503, "the hub cannot review the token: \(error)")
            }
        }
    }

    private func review(
        _ token: String, _ hello: FleetHello, _ client: KubernetesClient, _ namespace: String
    ) async throws -> (status: Int, reason: String)? {
        let review = try await client.create(
            .tokenReviews,
            [
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
                "spec": ["token": .string(token), "audiences": [.string(FleetProtocol.audience)]],
            ])
        // A server that knows no audiences answers without: then the token is one for the API itself, and not for us.
        guard review["status"]?["authenticated"]?.boolean == true, let user = review["status"]?["user"],
            review["status"]?["audiences"]?.array?.contains(.string(FleetProtocol.audience)) == true
        else {
            return (401, "the cluster does not know this token for the audience \(FleetProtocol.audience)")
        }
        let access = try await client.create(
            .subjectAccessReviews,
            [
                "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                "spec": [
                    "user": user["username"] ?? "", "groups": user["groups"] ?? [],
                    "resourceAttributes": [
                        "group": "remora.dev", "resource": "hubs", "subresource": "workers", "verb": "create",
                        "namespace": .string(namespace),
                    ],
                ],
            ])
        let name = user["username"]?.string ?? ""
        guard access["status"]?["allowed"]?.boolean == true else {
            return (
                403, "\(name) may not create hubs/workers of remora.dev in namespace \(namespace): grant it by a Role"
            )
        }
        return Self.objection(hello, user).map { (403, $0) }
    }

    /// What a worker says of itself that its token does not.
    static func objection(_ hello: FleetHello, _ user: JSONValue) -> String? {
        func claim(_ name: String) -> String? { user["extra"]?["authentication.kubernetes.io/\(name)"]?[0]?.string }
        if let node = claim("node-name"), node != hello.node {
            return "the token is of a pod on node \(node), not \(hello.node)"
        }
        switch hello.scope {
        case .node(let node):
            return node == hello.node ? nil : "a worker on node \(hello.node) does not hear of the pods of \(node)"
        case .all: return "a worker in a cluster hears of the pods of its node, or of its own pod"
        case .pod(let namespace, let name):
            let parts = user["username"]?.string?.split(separator: ":").map(String.init) ?? []
            if parts.count == 4, parts[1] == "serviceaccount", parts[2] != namespace {
                return "the token is of namespace \(parts[2]), not \(namespace)"
            }
            if let pod = claim("pod-name"), pod != name { return "the token is of pod \(pod), not \(name)" }
            return nil
        }
    }
}
