import JSON
import Testing

@testable import KubernetesSimulator

@Suite struct ServerSideApplyTests {
    private let configMaps: Resource
    private let pods: Resource
    private var registry = ObjectRegistry(
        store: ObjectStore(revision: 1_000, historyLimit: 10), catalog: .standard, requiresNamespaces: false,
        now: { fixedTime })

    init() throws {
        configMaps = try #require(ResourceCatalog.standard.resource("configmaps"))
        pods = try #require(ResourceCatalog.standard.resource("pods"))
    }

    private mutating func apply(
        _ data: JSONValue, as manager: String, force: Bool = false
    ) throws -> JSONValue {
        try registry.patch(
            .apply(["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "one"], "data": data], force: force),
            configMaps,
            namespace: "default", name: "one", .init(manager: manager)
        ).object.value
    }

    private mutating func apply(pod: JSONValue, as manager: String) throws -> JSONValue {
        try registry.patch(
            .apply(pod, force: false), pods, namespace: "default", name: "web", .init(manager: manager)
        ).object.value
    }

    private func owned(_ object: JSONValue) -> [String: JSONValue] {
        ManagedFields(object.metadata).entries.reduce(into: [:]) {
            $0["\($1.manager) \($1.operation)"] = $1.fields.fieldsV1
        }
    }

    @Test("applying creates what is absent, and says who owns what")
    mutating func create() throws {
        let object = try apply(["a": "1"], as: "hub")
        #expect(object["data"] == ["a": "1"])
        #expect(
            object.metadata["managedFields"] == [
                [
                    "manager": "hub", "operation": "Apply", "apiVersion": "v1",
                    "time": .string(fixedTime.description), "fieldsType": "FieldsV1",
                    "fieldsV1": ["f:data": ["f:a": [:]]],
                ]
            ])
    }

    @Test("applying the same again changes nothing")
    mutating func idempotence() throws {
        let first = try apply(["a": "1"], as: "hub")
        #expect(try apply(["a": "1"], as: "hub") == first)
    }

    @Test("a field that is no longer applied goes, unless another manager owns it, too")
    mutating func removal() throws {
        _ = try apply(["a": "1", "b": "2"], as: "hub")
        _ = try apply(["b": "2"], as: "other")
        let object = try apply([:], as: "hub")
        #expect(object["data"] == ["b": "2"])
        #expect(
            owned(object) == ["hub Apply": ["f:data": [:]], "other Apply": ["f:data": ["f:b": [:]]]])
    }

    @Test("changing what another manager owns is a conflict that names them; force takes it over")
    mutating func conflict() throws {
        _ = try apply(["a": "1", "b": "1"], as: "hub")
        var expected = APIStatus(
            code: 409, reason: "Conflict",
            message: "Apply failed with 1 conflict: conflict with \"hub\": .data.a")
        expected.causes = [
            .init(reason: "FieldManagerConflict", message: "conflict with \"hub\"", field: ".data.a")
        ]
        #expect(throws: expected) { try apply(["a": "2"], as: "other") }
        let object = try apply(["a": "2"], as: "other", force: true)
        #expect(object["data"] == ["a": "2", "b": "1"])
        #expect(
            owned(object) == [
                "hub Apply": ["f:data": ["f:b": [:]]], "other Apply": ["f:data": ["f:a": [:]]],
            ])
    }

    @Test("an update takes its fields over; applying another value is then a conflict with the updater")
    mutating func updates() throws {
        _ = try apply(["a": "1"], as: "hub")
        let patched = try registry.patch(
            .merge(["data": ["a": "2"]]), configMaps, namespace: "default", name: "one", .init(manager: "kubectl")
        ).object.value
        #expect(owned(patched) == ["kubectl Update": ["f:data": ["f:a": [:]]]])
        #expect { try apply(["a": "1"], as: "hub") } throws: {
            ($0 as? APIStatus)?.causes.map(\.message) == ["conflict with \"kubectl\" using v1"]
        }
    }

    @Test("containers and ports are merged by their keys, and each manager's go alone")
    mutating func associativeLists() throws {
        func pod(_ containers: JSONValue) -> JSONValue {
            ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "web"], "spec": ["containers": containers]]
        }
        _ = try apply(
            pod: pod([["name": "app", "image": "app:1", "ports": [["containerPort": 80]]]]), as: "hub")
        var object = try apply(
            pod: pod([["name": "proxy", "image": "proxy:1"], ["name": "app", "ports": [["containerPort": 81]]]]),
            as: "injector")
        #expect(names(object) == ["app", "proxy"])
        #expect(ports(object) == [80, 81])
        #expect(
            FieldSet(of: object, .ignored).paths.contains(
                ".spec.containers[name=\"app\"].ports[containerPort=81,protocol=\"TCP\"].containerPort"))
        object = try apply(pod: pod([["name": "app", "ports": [["containerPort": 81]]]]), as: "injector")
        #expect(names(object) == ["app"])
        object = try apply(pod: pod([]), as: "injector")
        #expect(names(object) == ["app"])
        #expect(ports(object) == [80])
    }

    private func names(_ pod: JSONValue) -> [String] {
        (pod.at("spec", "containers")?.array ?? []).compactMap { $0["name"]?.string }
    }

    private func ports(_ pod: JSONValue) -> [Int64] {
        (pod.at("spec", "containers")?[0]?["ports"]?.array ?? []).compactMap { $0["containerPort"]?.integer }
    }

    @Test("a configuration of another version, with owners of its own, or without a name is a bad request")
    mutating func malformed() throws {
        for configuration in [
            ["data": [:]], ["apiVersion": "v2", "kind": "ConfigMap"],
            ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "one", "managedFields": []]],
            ["apiVersion": "v1", "kind": "ConfigMap"],
        ] as [JSONValue] {
            #expect {
                try registry.patch(
                    .apply(configuration, force: true), configMaps, namespace: "default", name: "one",
                    .init(manager: "hub"))
            } throws: {
                ($0 as? APIStatus)?.code == 400
            }
        }
    }

    @Test("sets of fields survive their text, and obey the algebra of sets")
    func fieldSets() throws {
        let object: JSONValue = [
            "data": ["x": "1", "y": "2"], "metadata": ["finalizers": ["f"], "labels": ["l": "m"]],
        ]
        #expect(
            FieldSet(of: object, .ignored).fieldsV1 == [
                "f:data": ["f:x": [:], "f:y": [:]],
                "f:metadata": ["f:finalizers": ["v:\"f\"": [:]], "f:labels": ["f:l": [:]]],
            ])
        let a = FieldSet(of: object, .included)
        #expect(
            a.fieldsV1 == [
                "f:data": [".": [:], "f:x": [:], "f:y": [:]],
                "f:metadata": [
                    "f:finalizers": [".": [:], "v:\"f\"": [:]], "f:labels": [".": [:], "f:l": [:]],
                ],
            ])
        #expect(FieldSet(fieldsV1: a.fieldsV1).fieldsV1 == a.fieldsV1)
        let b = FieldSet(of: ["data": ["y": "2", "z": "3"]], .included)
        #expect(a.intersection(b).paths == [".data", ".data.y"])
        #expect(b.subtracting(a).paths == [".data.z"])
        #expect(a.subtracting(a).isEmpty)
        #expect(b.subtracting(a).union(a.intersection(b)).paths == b.paths)
    }
}
