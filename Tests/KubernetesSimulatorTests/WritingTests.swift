import HTTPProbe
import JSON
import KubernetesSimulator
import Testing

/// Creating, changing and deleting, over HTTP.
@Suite(.timeLimit(.minutes(2))) struct WritingTests {
    private static let collection = "/api/v1/namespaces/default/configmaps"
    private static let json = ["Content-Type": "application/json"]

    @Test("an object is created, replaced and deleted, and each answer is the object as it is then")
    func life() async throws {
        try await withSimulator { simulator, probe in
            let created = try await probe.send("POST", Self.collection, Self.json, body: configMap("one").description)
            #expect(created.status == 201)
            #expect(try created.json == simulator.get("configmaps", namespace: "default", name: "one"))
            let replaced = try await probe.send(
                "PUT", "\(Self.collection)/one", Self.json, body: configMap("one", ["a": "1"]).description)
            #expect(replaced.status == 200)
            #expect(try replaced.json["data"] == ["a": "1"])
            let deleted = try await probe.send("DELETE", "\(Self.collection)/one")
            #expect(
                try deleted.json == [
                    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
                    "details": [
                        "name": "one", "kind": "configmaps", "uid": try created.json["metadata"]?["uid"] ?? "",
                    ],
                ])
            #expect(try await probe.send("DELETE", "\(Self.collection)/one").status == 404)
        }
    }

    @Test(
        "each form of patch is told by its content type",
        arguments: [
            ("application/json-patch+json", #"[{"op":"add","path":"/data/b","value":"2"}]"#, 200),
            ("application/merge-patch+json", #"{"data":{"b":"2"}}"#, 200),
            ("application/strategic-merge-patch+json", #"{"data":{"b":"2"}}"#, 200),
            (
                "application/apply-patch+yaml",
                #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"one"},"data":{"b":"2"}}"#, 200
            ),
            (
                "application/apply-patch+yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  b: '2'\n", 200
            ),
            ("application/apply-patch+yaml", "a: [", 400),
            ("application/json", #"{"data":{"b":"2"}}"#, 415),
            ("application/json-patch+json", #"[{"op":"test","path":"/data/a","value":"2"}]"#, 422),
            ("application/merge-patch+json", #"{"metadata":{"resourceVersion":"1"}}"#, 409),
            ("application/merge-patch+json", "{", 400),
        ])
    func patches(contentType: String, patch: String, status: Int) async throws {
        try await withSimulator { simulator, probe in
            try simulator.create(configMap("one", ["a": "1"]))
            let answer = try await probe.send(
                "PATCH", "\(Self.collection)/one?fieldManager=test", ["Content-Type": contentType], body: patch)
            #expect(answer.status == status)
            let data = try simulator.get("configmaps", namespace: "default", name: "one")["data"]
            #expect(data == (status == 200 ? ["a": "1", "b": "2"] : ["a": "1"]))
        }
    }

    @Test("an apply without a field manager is refused as by the server")
    func managerRequired() async throws {
        try await withSimulator { _, probe in
            let answer = try await probe.send(
                "PATCH", "\(Self.collection)/one", ["Content-Type": "application/apply-patch+yaml"], body: "{}")
            #expect(
                try answer.json["message"]
                    == "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch"
            )
        }
    }

    @Test("dryRun=All stores nothing, and no other dry run is known")
    func dryRun() async throws {
        try await withSimulator { simulator, probe async throws in
            let body = configMap("one").description
            #expect(try await probe.send("POST", "\(Self.collection)?dryRun=All", Self.json, body: body).status == 201)
            #expect(try await probe.send("POST", "\(Self.collection)?dryRun=Some", Self.json, body: body).status == 422)
            #expect(try simulator.list("configmaps").isEmpty)
        }
    }

    @Test("a collection is deleted by selector, within its namespace only")
    func deleteCollection() async throws {
        try await withSimulator { simulator, probe in
            try simulator.create(configMap("a", labels: ["x": "1"]))
            try simulator.create(configMap("b"))
            try simulator.create(configMap("c", namespace: "kube-system", labels: ["x": "1"]))
            let answer = try await probe.send("DELETE", "\(Self.collection)?labelSelector=x%3D1")
            #expect(try answer.names == ["a"])
            #expect(try simulator.snapshot("configmaps").keys.sorted() == ["default/b", "kube-system/c"])
            #expect(try await probe.send("DELETE", "/api/v1/configmaps").status == 405)
        }
    }

    @Test("a pod on a node is marked, then gone when the node has stopped it")
    func gracefulDeletion() async throws {
        try await withSimulator {
            $0.podTermination = .after(.milliseconds(1))
        } _: { simulator, probe in
            try simulator.create(pod("web", node: "node-1"))
            let answer = try await probe.send("DELETE", "/api/v1/namespaces/default/pods/web")
            #expect(try answer.json["metadata"]?["deletionGracePeriodSeconds"] == 30)
            try await eventually("the pod is gone") { (try? simulator.list("pods").isEmpty) ?? false }
        }
    }

    @Test("by hand, a pod stays until it is deleted with no grace")
    func terminationByHand() async throws {
        try await withSimulator {
            $0.podTermination = .byHand
        } _: { simulator, _ in
            try simulator.create(pod("web", node: "node-1"))
            try simulator.delete("pods", namespace: "default", name: "web")
            #expect(
                try simulator.get("pods", namespace: "default", name: "web")["metadata"]?["deletionTimestamp"] != nil)
            try simulator.delete("pods", namespace: "default", name: "web", gracePeriodSeconds: 0)
            #expect(try simulator.list("pods").isEmpty)
        }
    }

    @Test("what kubectl create sends as protobuf is read, and what we do not know of it is 415")
    func protobuf() async throws {
        // ConfigMap{metadata: {name: "p"}, data: {"k": "v"}} in the envelope of Kubernetes
        let object = "\u{0a}\u{03}\u{0a}\u{01}p\u{12}\u{06}\u{0a}\u{01}k\u{12}\u{01}v"
        let configMap = "k8s\0\u{0a}\u{0f}\u{0a}\u{02}v1\u{12}\u{09}ConfigMap\u{12}\u{0d}" + object
        let unknown = "k8s\0\u{0a}\u{09}\u{0a}\u{02}v1\u{12}\u{03}Odd\u{12}\u{00}"
        let protobuf = ["Content-Type": "application/vnd.kubernetes.protobuf"]
        try await withSimulator { simulator, probe async throws in
            #expect(try await probe.send("POST", Self.collection, protobuf, body: configMap).status == 201)
            #expect(try simulator.get("configmaps", namespace: "default", name: "p")["data"] == ["k": "v"])
            #expect(try await probe.send("POST", Self.collection, protobuf, body: unknown).status == 415)
        }
    }

    // MARK: Access

    @Test("tokens tell who asks; a wrong one or none is 401")
    func tokens() async throws {
        try await withSimulator {
            $0.access.tokens = ["secret": .init(name: "hub")]
        } _: { simulator, probe in
            for headers in [[:], ["Authorization": "Bearer wrong"]] {
                let answer = try await probe.send("GET", "/api/v1/pods", headers)
                #expect(answer.status == 401)
                #expect(try answer.json["reason"] == "Unauthorized")
            }
            #expect(try await probe.send("GET", "/api/v1/pods", ["Authorization": "Bearer secret"]).status == 200)
            #expect(simulator.requests.map(\.user) == ["hub"])
        }
    }

    @Test("what is denied is 403 with the server's words, and reviews say so beforehand")
    func denials() async throws {
        try await withSimulator {
            $0.access.denials = [.init(user: "system:anonymous", verb: "list", resource: "pods")]
        } _: { _, probe in
            let answer = try await probe.send("GET", "/api/v1/namespaces/default/pods")
            #expect(answer.status == 403)
            let message: JSONValue = .string(
                #"pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the "#
                    + #"namespace "default""#)
            #expect(try answer.json["message"] == message)
            let reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
            for (verb, isAllowed) in [("list", false), ("watch", true)] {
                let spec: JSONValue = ["spec": ["resourceAttributes": ["verb": .string(verb), "resource": "pods"]]]
                let review = try await probe.send("POST", reviews, Self.json, body: spec.description)
                #expect(try review.json["status"] == ["allowed": .boolean(isAllowed)])
            }
        }
    }

    @Test("a token review knows tokens and their audiences")
    func tokenReview() async throws {
        try await withSimulator {
            $0.access.reviewedTokens = [
                "worker": .init(user: .init(name: "w", groups: ["g"]), audiences: ["remora"])
            ]
        } _: { _, probe async throws in
            func review(_ spec: JSONValue) async throws -> JSONValue? {
                let body: JSONValue = ["spec": spec]
                return try await probe.send(
                    "POST", "/apis/authentication.k8s.io/v1/tokenreviews", Self.json, body: body.description
                ).json["status"]
            }
            let known: JSONValue = [
                "authenticated": true, "user": ["username": "w", "groups": ["g"]], "audiences": ["remora"],
            ]
            #expect(try await review(["token": "worker", "audiences": ["remora", "other"]]) == known)
            #expect(try await review(["token": "worker"]) == known)
            #expect(try await review(["token": "x"]) == ["user": [:], "error": "invalid bearer token"])
            #expect(try await review(["token": "worker", "audiences": ["other"]])?["authenticated"] == nil)
        }
    }
}
