import JSON
import RealCluster
import Testing
import Timestamps

@testable import KubernetesClient

/// What a client does besides watching, each test in a namespace of its own.
@Suite("Verbs, against a real API server", .realCluster)
struct VerbTests {
    private let controlPlane: ControlPlane
    private let client: KubernetesClient
    private let namespace: String

    init() async throws {
        controlPlane = try await ControlPlane.shared()
        client = try KubernetesClient(configuration: controlPlane.configuration())
        namespace = try await client.createNamespace()
    }

    @Test("an object can be created, read, replaced and deleted")
    func lifeCycle() async throws {
        let created = try await client.createConfigMap("settings", in: namespace, data: ["colour": "red"])
        #expect(created["data"] == ["colour": "red"])
        let read = try await client.get(.configMaps, namespace: namespace, name: "settings")
        #expect(read == created)

        var changed = read
        changed["data"] = ["colour": "blue"]
        let updated = try await client.update(.configMaps, changed, namespace: namespace, name: "settings")
        #expect(updated["data"] == ["colour": "blue"])
        #expect(updated["metadata"]?["uid"] == read["metadata"]?["uid"])

        try await client.delete(.configMaps, namespace: namespace, name: "settings")
        let error = await failure { _ = try await client.get(.configMaps, namespace: namespace, name: "settings") }
        #expect(error?.status?.code == 404)
        #expect(error?.description == #"cannot get configmaps \#(namespace)/settings: configmaps "settings" not found"#)
    }

    @Test("a replacement of a version that is no longer the newest is a conflict")
    func conflict() async throws {
        let first = try await client.createConfigMap("settings", in: namespace)
        var (mine, theirs) = (first, first)
        theirs["data"] = ["colour": "theirs"]
        mine["data"] = ["colour": "mine"]
        try await client.update(.configMaps, theirs, namespace: namespace, name: "settings")
        let error = await failure {
            try await client.update(.configMaps, mine, namespace: namespace, name: "settings")
        }
        #expect(error?.status?.code == 409)
        #expect(error?.description.hasSuffix("; someone else changed it: read it again and repeat the change") == true)
        let kept = try await client.get(.configMaps, namespace: namespace, name: "settings")
        #expect(kept["data"] == ["colour": "theirs"])
    }

    @Test("an object that exists cannot be created")
    func exists() async throws {
        try await client.createConfigMap("settings", in: namespace)
        let error = await failure { try await client.createConfigMap("settings", in: namespace) }
        #expect(error?.status?.code == 409)
        #expect(error?.status?.reason == "AlreadyExists")
    }

    @Test("a merge patch replaces, adds and removes; a JSON patch does so in steps and fails as a whole")
    func patches() async throws {
        try await client.createConfigMap("settings", in: namespace, data: ["a": "1", "b": "2"])
        func patch(_ patch: Patch) async throws -> JSONValue? {
            try await client.patch(.configMaps, patch, namespace: namespace, name: "settings")["data"]
        }
        #expect(try await patch(.merge(["data": ["a": .null, "b": "3", "c": "4"]])) == ["b": "3", "c": "4"])
        let steps: [JSONValue] = [
            ["op": "test", "path": "/data/b", "value": "3"], ["op": "remove", "path": "/data/c"],
            ["op": "add", "path": "/data/d", "value": "5"],
        ]
        #expect(try await patch(.json(steps)) == ["b": "3", "d": "5"])
        let error = await failure { _ = try await patch(.json([["op": "remove", "path": "/data/d"]] + steps)) }
        #expect(error?.status?.code == 422)
        let kept = try await client.get(.configMaps, namespace: namespace, name: "settings")
        #expect(kept["data"] == ["b": "3", "d": "5"])
    }

    @Test("fields that another manager applied are a conflict, and are taken over by force")
    func apply() async throws {
        func apply(_ colour: JSONValue, as manager: String, force: Bool = false) async throws -> JSONValue? {
            let object: JSONValue = [
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "settings"], "data": ["colour": colour],
            ]
            return try await client.patch(
                .configMaps, .apply(object, fieldManager: manager, force: force), namespace: namespace,
                name: "settings")["data"]
        }
        #expect(try await apply("red", as: "one") == ["colour": "red"])
        let error = await failure { _ = try await apply("blue", as: "two") }
        #expect(error?.status?.code == 409)
        #expect(error?.status?.causes.map(\.field) == [".data.colour"])
        #expect(error?.description.contains(#"conflict with "one""#) == true)
        #expect(try await apply("blue", as: "two", force: true) == ["colour": "blue"])
    }

    @Test("a deletion can be bound to a uid and to a version")
    func preconditions() async throws {
        let created = try await client.createConfigMap("settings", in: namespace)
        let uid = try #require(created["metadata"]?["uid"]?.string)
        let version = try #require(created["metadata"]?["resourceVersion"]?.string)
        for options in [DeleteOptions(uid: "another"), DeleteOptions(uid: uid, resourceVersion: "1")] {
            let error = await failure {
                try await client.delete(.configMaps, namespace: namespace, name: "settings", options: options)
            }
            #expect(error?.status?.code == 409)
        }
        try await client.delete(
            .configMaps, namespace: namespace, name: "settings",
            options: DeleteOptions(uid: uid, resourceVersion: version))
        #expect(try await client.list(ConfigMap.self, Selection(namespace: namespace)).objects.isEmpty)
    }

    @Test("a list is read in pages and narrowed by labels and fields")
    func list() async throws {
        for i in 0..<10 {
            try await client.createConfigMap(
                "item-\(i)", in: namespace, labels: ["parity": i % 2 == 0 ? "even" : "odd"])
        }
        func names(_ selection: Selection) async throws -> [String] {
            try await client.list(ConfigMap.self, selection, pageSize: 3).objects.map(\.identity.key.name).sorted()
        }
        #expect(try await names(Selection(namespace: namespace)) == (0..<10).map { "item-\($0)" })
        let odd = Selection(namespace: namespace, labelSelector: "parity!=even")
        #expect(try await names(odd) == ["item-1", "item-3", "item-5", "item-7", "item-9"])
        #expect(try await names(.named("item-4", in: namespace)) == ["item-4"])
    }

    @Test("of two who write a lease at once, one succeeds and the other learns of it")
    func lease() async throws {
        let key = ObjectKey(namespace: namespace, name: "leader")
        #expect(try await client.lease(key) == nil)
        let time = Timestamp(microseconds: 1_700_000_000_123_456)
        let wanted = Lease(key: key, holder: "one", durationSeconds: 15, acquired: time, renewed: time)
        let created = try await client.write(wanted)
        var expected = wanted
        expected.resourceVersion = created.resourceVersion
        #expect(created == expected)
        #expect(try await client.lease(key) == created)

        async let first = outcome(of: created, holder: "two")
        async let second = outcome(of: created, holder: "three")
        let outcomes = await [first, second]
        #expect(outcomes.sorted() == ["409", "written"])
        let winner = outcomes[0] == "written" ? "two" : "three"
        #expect(try await client.lease(key)?.holder == winner)
    }

    private func outcome(of lease: Lease, holder: String) async -> String {
        var mine = lease
        mine.holder = holder
        mine.transitions += 1
        do {
            _ = try await client.write(mine)
            return "written"
        } catch {
            return (error as? APIError)?.status.map { String($0.code) } ?? "\(error)"
        }
    }

    @Test("a reported event is what kubectl shows about the object")
    func event() async throws {
        try await client.createConfigMap("settings", in: namespace)
        let object = try await client.get(ConfigMap.self, namespace: namespace, name: "settings")
        try await client.report(
            EventReport(
                about: object.identity, of: .configMaps, .warning, reason: "ScriptRefused",
                message: "line 3: unexpected end", reporter: "remora.dev/hub", instance: "hub-0"),
            at: Timestamp(microseconds: 1_700_000_000_000_000))
        let shown = try await controlPlane.kubectl(
            "--namespace", namespace, "get", "events", "--field-selector", "involvedObject.name=settings", "--output",
            "jsonpath={range .items[*]}{.type} {.reason} {.message} {.involvedObject.kind} {.source.component}{end}")
        #expect(shown == "Warning ScriptRefused line 3: unexpected end ConfigMap remora.dev/hub")
    }

    @Test("whether something is allowed can be asked")
    func accessReview() async throws {
        let question = AccessReview(verb: "watch", resource: .pods, namespace: namespace)
        #expect(try await client.mayI(question).isAllowed)
        let nobody = try KubernetesClient(
            configuration: controlPlane.configuration(kubeconfig: controlPlane.nobodyKubeconfig))
        #expect(try await nobody.mayI(question) == AccessDecision(isAllowed: false, reason: ""))
    }

    @Test("errors say what happened, to what, and what to do")
    func advice() async throws {
        let nobody = try KubernetesClient(
            configuration: controlPlane.configuration(kubeconfig: controlPlane.nobodyKubeconfig))
        let forbidden = await failure { _ = try await nobody.get(.secrets, namespace: namespace, name: "key") }
        #expect(
            forbidden?.description
                == #"cannot get secrets \#(namespace)/key: secrets "key" is forbidden: User "nobody" "#
                + #"cannot get resource "secrets" in API group "" in the namespace "\#(namespace)"; "#
                + "grant the verb get on secrets by a Role and a RoleBinding (or the cluster-wide kinds), "
                + "and see what is allowed with: kubectl auth can-i --list")

        let unknown = APIResource(group: "example.org", plural: "reefs", kind: "Reef")
        let missing = await failure { _ = try await client.list(ObjectSummary.self, resource: unknown) }
        #expect(
            missing?.description == "cannot list reefs.example.org: 404 page not found; "
                + "this server does not have reefs.example.org: see what it has with: kubectl api-resources")

        let invalid = await failure { try await client.createConfigMap("Not A Name", in: namespace) }
        #expect(invalid?.status?.code == 422)
        #expect(invalid?.status?.causes.map(\.field) == ["metadata.name"])
    }

    private func failure(_ body: () async throws -> Void) async -> APIError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? APIError
        }
    }
}

extension KubernetesClient {
    /// Creates a config map.
    @discardableResult
    func createConfigMap(
        _ name: String, in namespace: String, data: JSONValue = [:], labels: JSONValue = [:]
    ) async throws -> JSONValue {
        let object: JSONValue = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "labels": labels],
            "data": data,
        ]
        return try await create(.configMaps, object, namespace: namespace)
    }
}
