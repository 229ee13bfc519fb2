import HTTPProbe
import JSON
import KubernetesSimulator
import Testing
import Timestamps

/// Discovery, single objects and lists, over HTTP.
@Suite(.timeLimit(.minutes(2))) struct ReadingTests {
    @Test("discovery lists groups and resources as kubectl reads them")
    func discovery() async throws {
        try await withSimulator { _, probe in
            #expect(try await probe.send("GET", "/api").json["versions"] == ["v1"])
            let groups = try await probe.send("GET", "/apis").json["groups"]?.array ?? []
            #expect(
                groups.compactMap { $0["preferredVersion"]?["groupVersion"]?.string } == [
                    "authentication.k8s.io/v1", "authorization.k8s.io/v1", "apps/v1", "coordination.k8s.io/v1",
                    "networking.k8s.io/v1", "discovery.k8s.io/v1", "events.k8s.io/v1",
                ])
            let leases = try await probe.send("GET", "/apis/coordination.k8s.io/v1").json
            #expect(
                leases == [
                    "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "coordination.k8s.io/v1",
                    "resources": [
                        [
                            "name": "leases", "singularName": "", "namespaced": true, "kind": "Lease",
                            "verbs": [
                                "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch",
                            ],
                        ]
                    ],
                ])
            let core = try await probe.send("GET", "/api/v1").json["resources"]?.array ?? []
            #expect(core.contains { $0["name"] == "pods/log" })
            #expect(try await probe.send("GET", "/version").json["gitVersion"] == "v1.20.2")
            for path in ["/healthz", "/livez", "/readyz"] { #expect(try await probe.send("GET", path).body == "ok") }
            #expect(try await probe.send("GET", "/openapi/v2").json["swagger"] == "2.0")
            #expect(try await probe.send("GET", "/openapi/v3").status == 404)
        }
    }

    @Test("an object is read as it was written; items of lists leave kind and apiVersion out")
    func getAndList() async throws {
        try await withSimulator { simulator, probe in
            let created = try simulator.create(configMap("one", ["a": "1"]))
            #expect(try await probe.send("GET", "/api/v1/namespaces/default/configmaps/one").json == created)
            var item = created
            item["kind"] = nil
            item["apiVersion"] = nil
            let list = try await probe.send("GET", "/api/v1/namespaces/default/configmaps").json
            #expect(
                list == [
                    "kind": "ConfigMapList", "apiVersion": "v1", "metadata": ["resourceVersion": "1005"],
                    "items": [item],
                ])
        }
    }

    @Test("what is not there is 404, each with the server's words")
    func notFound() async throws {
        try await withSimulator { _, probe in
            let object = try await probe.send("GET", "/api/v1/namespaces/default/configmaps/none")
            #expect(object.status == 404)
            #expect(
                try object.json == [
                    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
                    "message": "configmaps \"none\" not found", "reason": "NotFound",
                    "details": ["name": "none", "kind": "configmaps"], "code": 404,
                ])
            let lease = try await probe.send("GET", "/apis/coordination.k8s.io/v1/namespaces/default/leases/x")
            #expect(try lease.json["message"] == "leases.coordination.k8s.io \"x\" not found")
            #expect(
                try lease.json["details"]
                    == ["name": "x", "group": "coordination.k8s.io", "kind": "leases"])
            let resource = try await probe.send("GET", "/api/v1/namespaces/default/widgets")
            #expect(try resource.json["message"] == "the server could not find the requested resource")
        }
    }

    @Test("a list is paged by limit and continue, in every namespace at once")
    func paging() async throws {
        try await withSimulator { simulator, probe in
            for namespace in ["default", "kube-system"] {
                for name in ["a", "b"] { try simulator.create(configMap(name, namespace: namespace)) }
            }
            let first = try await probe.send("GET", "/api/v1/configmaps?limit=3")
            #expect(try first.names == ["a", "b", "a"])
            #expect(try first.json["metadata"]?["remainingItemCount"] == 1)
            try simulator.delete("configmaps", namespace: "kube-system", name: "b")
            let token = try #require(try first.json["metadata"]?["continue"]?.string)
            let second = try await probe.send("GET", "/api/v1/configmaps?limit=3&continue=\(token)")
            #expect(try second.names == ["b"])
            #expect(try second.json["metadata"] == ["resourceVersion": "1008"])

            simulator.compact()
            let expired = try await probe.send("GET", "/api/v1/configmaps?limit=3&continue=\(token)")
            #expect(expired.status == 410)
            let fallback = try #require(try expired.json["metadata"]?["continue"]?.string)
            #expect(try await probe.send("GET", "/api/v1/configmaps?continue=\(fallback)").names == [])
        }
    }

    @Test(
        "questions that the real server refuses are refused with its code",
        arguments: [
            ("resourceVersion=abc", 500), ("resourceVersion=9999", 504),
            ("resourceVersion=9999&resourceVersionMatch=Exact", 500), ("resourceVersionMatch=Exact", 422),
            ("resourceVersion=0&resourceVersionMatch=Exact", 422), ("resourceVersion=1&resourceVersionMatch=Odd", 422),
            ("continue=garbage", 400), ("labelSelector=a+in+(b", 400), ("fieldSelector=foo%3Dbar", 400),
            ("limit=many", 400), ("resourceVersion=1000&resourceVersionMatch=Exact", 200),
        ])
    func refusals(query: String, status: Int) async throws {
        try await withSimulator { _, probe async throws in
            #expect(try await probe.send("GET", "/api/v1/configmaps?\(query)").status == status)
        }
    }

    @Test("a version from the future is 504 with a cause and a time to wait, in the body and in the header")
    func tooLarge() async throws {
        try await withSimulator { _, probe in
            let answer = try await probe.send("GET", "/api/v1/pods?resourceVersion=9999")
            #expect(answer.headers["retry-after"] == "1")
            #expect(
                try answer.json == [
                    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
                    "message": "Timeout: Too large resource version: 9999, current: 1004", "reason": "Timeout",
                    "details": [
                        "causes": [
                            ["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]
                        ], "retryAfterSeconds": 1,
                    ], "code": 504,
                ])
        }
    }

    @Test("lists and watches select by labels and fields")
    func selectors() async throws {
        try await withSimulator { simulator, probe in
            try simulator.create(pod("a", node: "node-1", labels: ["app": "web"]))
            try simulator.create(pod("b", node: "node-2", labels: ["app": "web"]))
            try simulator.create(pod("c", node: "node-1", labels: ["app": "api"]))
            #expect(try await probe.send("GET", "/api/v1/pods?labelSelector=app%3Dweb").names == ["a", "b"])
            #expect(
                try await probe.send("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1").names == ["a", "c"])
            let both = "/api/v1/pods?labelSelector=app%3Dweb&fieldSelector=spec.nodeName%3Dnode-1&limit=1"
            let answer = try await probe.send("GET", both)
            #expect(try answer.names == ["a"])
            #expect(try answer.json["metadata"] == ["resourceVersion": "1007"])
        }
    }

    // MARK: Other forms

    private static let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

    @Test("a table of pods has kubectl's columns and cells")
    func podTable() async throws {
        try await withSimulator { simulator, probe in
            let web = SimulatedPod(name: "web-1")
            try simulator.create(
                web, after: [.scheduled(node: "node-1"), .containerCreating, .started, .ready, .oomKilled])
            try simulator.advance(web, by: .crashLoopBackOff(seconds: 10))
            let answer = try await probe.send("GET", "/api/v1/pods", ["Accept": Self.table]).json
            #expect(
                answer["columnDefinitions"]?.array?.compactMap { $0["name"]?.string } == [
                    "Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates",
                ])
            let stored = try simulator.get("pods", namespace: "default", name: "web-1")
            #expect(
                answer["rows"]?[0] == [
                    "cells": [
                        "web-1", "1/2", "CrashLoopBackOff", 0, "0s", stored["status"]?["podIP"] ?? "", "node-1",
                        "<none>", "<none>",
                    ],
                    "object": [
                        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                        "metadata": stored["metadata"] ?? [:],
                    ],
                ])
        }
    }

    @Test("partial metadata leaves the rest of an object out")
    func partialMetadata() async throws {
        try await withSimulator { simulator, probe in
            let stored = try simulator.create(configMap("one", ["a": "1"]))
            let accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
            let answer = try await probe.send("GET", "/api/v1/configmaps", ["Accept": accept]).json
            #expect(answer["kind"] == "PartialObjectMetadataList")
            #expect(
                answer["items"] == [
                    [
                        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                        "metadata": stored["metadata"] ?? [:],
                    ]
                ])
        }
    }

    @Test(
        "the first form of the Accept header that can be served is served",
        arguments: [
            ("application/vnd.kubernetes.protobuf,application/json", 200), ("*/*", 200),
            ("application/vnd.kubernetes.protobuf", 406), ("application/json;as=Other;v=v1;g=meta.k8s.io", 406),
        ])
    func accept(header: String, status: Int) async throws {
        try await withSimulator { _, probe async throws in
            #expect(try await probe.send("GET", "/api/v1/pods", ["Accept": header]).status == status)
        }
    }

    @Test(
        "ages are shortened as kubectl's are",
        arguments: [
            (-2, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (135, "2m15s"), (599, "9m59s"),
            (600, "10m"), (10_799, "179m"), (10_800, "3h"), (11_100, "3h5m"), (28_800, "8h"), (172_799, "47h"),
            (172_800, "2d"), (180_000, "2d2h"), (691_200, "8d"), (63_072_000, "2y"), (63_158_400, "2y1d"),
            (252_288_000, "8y"),
        ])
    func ages(seconds: Int64, text: String) async throws {
        try await withSimulator { simulator, probe in
            var object = configMap("one")
            object["metadata"]?["creationTimestamp"] = .string((fixedTime + .seconds(-seconds)).description)
            try simulator.create(object)
            let answer = try await probe.send("GET", "/api/v1/configmaps", ["Accept": Self.table]).json
            #expect(answer["rows"]?[0]?["cells"] == ["one", 0, .string(text)])
        }
    }

    @Test("a pod's log is what was set, and its last lines on request")
    func logs() async throws {
        try await withSimulator { simulator, probe in
            try simulator.create(pod("web"))
            simulator.setLog("one\ntwo\nthree\n", pod: "web")
            let path = "/api/v1/namespaces/default/pods/web/log"
            #expect(try await probe.send("GET", path).body == "one\ntwo\nthree\n")
            #expect(try await probe.send("GET", "\(path)?tailLines=1").body == "three\n")
            #expect(try await probe.send("GET", "/api/v1/namespaces/default/pods/none/log").status == 404)
        }
    }
}
