import JSON
import Testing
import Timestamps

@testable import KubernetesSimulator

/// The rules of the API, without HTTP.
@Suite struct RegistryTests {
    private let pods: Resource
    private let configMaps: Resource
    private let leases: Resource
    private var registry: ObjectRegistry

    init() throws {
        pods = try #require(ResourceCatalog.standard.resource("pods"))
        configMaps = try #require(ResourceCatalog.standard.resource("configmaps"))
        leases = try #require(ResourceCatalog.standard.resource("leases.coordination.k8s.io"))
        registry = ObjectRegistry(
            store: ObjectStore(revision: 1_000, historyLimit: 10), catalog: .standard, requiresNamespaces: false,
            now: { fixedTime })
    }

    private mutating func create(_ object: JSONValue, _ resource: Resource? = nil) throws -> StoredObject {
        try registry.create(object, resource ?? configMaps, namespace: "default", .init()).object
    }

    private mutating func update(_ object: JSONValue, _ name: String) throws -> ObjectRegistry.Outcome {
        try registry.update(object, configMaps, namespace: "default", name: name, .init())
    }

    // MARK: Create

    @Test("a created object has an identity, the next resourceVersion and the server's order of members")
    mutating func create() throws {
        let object = try create(["data": ["x": "1"], "metadata": ["labels": ["a": "b"], "name": "one"]])
        let uid = object.uid
        #expect(
            String(decoding: object.bytes, as: UTF8.self)
                == #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"one","namespace":"default","#
                + #""uid":"\#(uid)","resourceVersion":"1001","creationTimestamp":"2023-11-14T22:13:20Z","#
                + #""labels":{"a":"b"}},"data":{"x":"1"}}"#)
        #expect(uid.utf8.count == 36)
    }

    @Test("a name is made from generateName")
    mutating func generateName() throws {
        let object = try create(["metadata": ["generateName": "job-"]])
        #expect(object.name.hasPrefix("job-"))
        #expect(object.name.utf8.count == 9)
    }

    @Test("an object that exists is not created again")
    mutating func alreadyExists() throws {
        _ = try create(configMap("one"))
        #expect(throws: APIStatus.alreadyExists(configMaps, "one")) { try create(configMap("one")) }
    }

    @Test(
        "what the real server refuses is refused with its code",
        arguments: [
            (["metadata": [:]], 422), (["metadata": ["name": "A_b"]], 422), (["metadata": ["name": "-a"]], 422),
            (["metadata": ["name": "a", "resourceVersion": "5"]], 500),
            (["metadata": ["name": "a", "namespace": "other"]], 400),
            (["kind": "Pod", "metadata": ["name": "a"]], 400),
            (["metadata": ["name": "a", "labels": ["b c": "d"]]], 422),
            (["metadata": ["name": "a", "labels": ["b": "d e"]]], 422),
            (["metadata": ["name": "a"], "data": ["k/": "v"]], 422), (["metadata": "a"], 400), ([], 400),
        ] as [(JSONValue, Int)])
    mutating func refusals(object: JSONValue, code: Int) {
        #expect { try create(object) } throws: { ($0 as? APIStatus)?.code == code }
    }

    @Test("a config map may hold 1 MiB and not a byte more")
    mutating func tooLong() throws {
        let full = String(repeating: "x", count: 1 << 20)
        _ = try create(configMap("full", ["a": .string(full)]))
        var expected = APIStatus(
            code: 422, reason: "Invalid",
            message: "ConfigMap \"big\" is invalid: []: Too long: must have at most 1048576 bytes")
        expected.name = "big"
        expected.kind = "ConfigMap"
        expected.causes = [
            .init(reason: "FieldValueTooLong", message: "Too long: must have at most 1048576 bytes", field: "[]")
        ]
        #expect(throws: expected) { try create(configMap("big", ["a": .string(full + "x")])) }
    }

    @Test("nothing is created in a namespace that does not exist")
    mutating func missingNamespace() throws {
        let strict = ObjectRegistry(
            store: registry.store, catalog: .standard, requiresNamespaces: true, now: { fixedTime })
        registry = strict
        let namespaces = try #require(ResourceCatalog.standard.resource("namespaces"))
        #expect(throws: APIStatus.notFound(namespaces, "default")) { try create(configMap("one")) }
    }

    // MARK: Update

    @Test("an update with an older resourceVersion is a conflict; without one it overwrites")
    mutating func conflict() throws {
        var object = try create(configMap("one", ["a": "1"])).value
        let first = try update(configMap("one", ["a": "2"]), "one").object
        #expect(first.resourceVersion == 1_002)
        object["data"] = ["a": "3"]
        #expect(throws: APIStatus.modified(configMaps, "one")) { try update(object, "one") }
        object.metadata["resourceVersion"] = "1002"
        #expect(try update(object, "one").object.value["data"] == ["a": "3"])
    }

    @Test("an update without a difference makes no change and no new resourceVersion")
    mutating func noDifference() throws {
        let object = try create(configMap("one", ["a": "1"]))
        let outcome = try update(object.value, "one")
        #expect(outcome.changes.isEmpty)
        #expect(outcome.object.resourceVersion == object.resourceVersion)
        #expect(registry.store.revision == 1_001)
    }

    @Test("uid, creation time and name cannot be changed; another uid is a conflict, another name a bad request")
    mutating func identity() throws {
        let object = try create(configMap("one"))
        var changed = object.value
        changed.metadata["creationTimestamp"] = "1999-01-01T00:00:00Z"
        changed["data"] = ["a": "1"]
        #expect(
            try update(changed, "one").object.value.metadata["creationTimestamp"]
                == .string(fixedTime.description))
        #expect { try update(["metadata": ["uid": "other"]], "one") } throws: { ($0 as? APIStatus)?.code == 409 }
        #expect { try update(configMap("two"), "one") } throws: { ($0 as? APIStatus)?.code == 400 }
    }

    @Test("an immutable config map changes its metadata only")
    mutating func immutable() throws {
        var object = configMap("one", ["a": "1"])
        object["immutable"] = true
        var created = try create(object).value
        created.metadata["labels"] = ["x": "y"]
        created = try update(created, "one").object.value
        created["data"] = ["a": "2"]
        let rule = "field is immutable when `immutable` is set"
        #expect(throws: APIStatus.invalid(configMaps, "one", [.forbidden("data", rule)])) { try update(created, "one") }
    }

    @Test("status has a path of its own: neither path changes what is the other's")
    mutating func status() throws {
        var object = pod("web")
        object["status"] = ["phase": "Running"]
        let created = try create(object, pods).value
        #expect(created["status"] == ["phase": "Pending", "qosClass": "BestEffort"])
        var changed = created
        changed["status"] = ["phase": "Running"]
        changed["spec"]?["nodeName"] = "node-1"
        let main = try registry.update(changed, pods, namespace: "default", name: "web", .init()).object.value
        #expect(main["status"] == created["status"])
        #expect(main["spec"]?["nodeName"] == "node-1")
        changed.metadata["resourceVersion"] = nil
        changed["spec"]?["nodeName"] = "node-2"
        let status = try registry.update(
            changed, pods, namespace: "default", name: "web", .init(scope: .status)
        ).object.value
        #expect(status["status"] == ["phase": "Running"])
        #expect(status["spec"] == main["spec"])
    }

    @Test("the generation of a deployment counts changes of its spec")
    mutating func generation() throws {
        let deployments = try #require(ResourceCatalog.standard.resource("deployments.apps"))
        var object = try create(["metadata": ["name": "d"], "spec": ["replicas": 1]], deployments).value
        #expect(object.metadata["generation"] == 1)
        object["spec"] = ["replicas": 2]
        object = try registry.update(object, deployments, namespace: "default", name: "d", .init()).object.value
        #expect(object.metadata["generation"] == 2)
        object.metadata["labels"] = ["a": "b"]
        object = try registry.update(object, deployments, namespace: "default", name: "d", .init()).object.value
        #expect(object.metadata["generation"] == 2)
    }

    @Test("a lease is not overwritten blindly")
    mutating func lease() throws {
        _ = try create(["metadata": ["name": "hub"]], leases)
        #expect {
            try registry.update(["metadata": ["name": "hub"]], leases, namespace: "default", name: "hub", .init())
        } throws: {
            ($0 as? APIStatus)?.causes.first?.field == "metadata.resourceVersion"
        }
    }

    @Test("a dry run shows the outcome and stores nothing")
    mutating func dryRun() throws {
        let outcome = try registry.create(
            configMap("one"), configMaps, namespace: "default", .init(isDryRun: true))
        #expect(outcome.object.name == "one")
        #expect(outcome.changes.isEmpty)
        #expect(throws: APIStatus.notFound(configMaps, "one")) {
            try registry.get(configMaps, namespace: "default", name: "one")
        }
    }

    // MARK: Delete

    @Test("a deletion gives the last state a resourceVersion of its own")
    mutating func delete() throws {
        let object = try create(configMap("one"))
        let outcome = try registry.delete(configMaps, namespace: "default", name: "one", .init())
        #expect(outcome.isRemoved)
        #expect(outcome.changes.map(\.kind) == [.deleted])
        #expect(outcome.object.resourceVersion == object.resourceVersion + 1)
    }

    @Test("preconditions of a deletion must hold")
    mutating func preconditions() throws {
        _ = try create(configMap("one"))
        for options in [
            ObjectRegistry.DeleteOptions(uid: "other"), ObjectRegistry.DeleteOptions(resourceVersion: "1"),
        ] {
            #expect { try registry.delete(configMaps, namespace: "default", name: "one", options) } throws: {
                ($0 as? APIStatus)?.code == 409
            }
        }
    }

    @Test("an object with finalizers goes when the last of them does")
    mutating func finalizers() throws {
        var object = configMap("one")
        object.metadata["finalizers"] = ["a.b/c"]
        _ = try create(object)
        let marked = try registry.delete(configMaps, namespace: "default", name: "one", .init())
        #expect(!marked.isRemoved)
        #expect(marked.changes.map(\.kind) == [.modified])
        #expect(marked.object.value.metadata["deletionTimestamp"] == .string(fixedTime.description))
        var released = marked.object.value
        released.metadata["finalizers"] = nil
        #expect(try update(released, "one").isRemoved)
    }

    @Test("a pod on a node is told to stop, then goes; one without a node goes at once, and so does a forced one")
    mutating func gracefulDeletion() throws {
        _ = try create(pod("bound", node: "node-1"), pods)
        let marked = try registry.delete(pods, namespace: "default", name: "bound", .init())
        #expect(marked.object.value.metadata["deletionGracePeriodSeconds"] == 30)
        #expect(marked.object.value.metadata["deletionTimestamp"]?.string == (fixedTime + .seconds(30)).description)
        let removal = try #require(marked.pendingRemoval)
        #expect(registry.finish(removal)?.changes.map(\.kind) == [.deleted])
        #expect(registry.finish(removal) == nil)

        _ = try create(pod("free"), pods)
        #expect(try registry.delete(pods, namespace: "default", name: "free", .init()).isRemoved)
        _ = try create(pod("forced", node: "node-1"), pods)
        #expect(
            try registry.delete(pods, namespace: "default", name: "forced", .init(gracePeriodSeconds: 0)).isRemoved)
    }

    @Test("a namespace takes its contents with it")
    mutating func namespaceDeletion() throws {
        let namespaces = try #require(ResourceCatalog.standard.resource("namespaces"))
        _ = try registry.create(["metadata": ["name": "team"]], namespaces, namespace: "", .init())
        _ = try registry.create(configMap("in", namespace: "team"), configMaps, namespace: "team", .init())
        _ = try create(configMap("out"))
        let outcome = try registry.delete(namespaces, namespace: "", name: "team", .init())
        #expect(outcome.changes.map(\.object.key) == ["team/in", "team"])
        #expect(registry.store.collection(configMaps).objects.map(\.key) == ["default/out"])
    }

    // MARK: Lists

    @Test("pages show one state, whatever is written between them")
    mutating func consistentPages() throws {
        for name in ["a", "b", "c", "d", "e"] { _ = try create(configMap(name)) }
        let first = try registry.list(configMaps, .init(selection: Selection(namespace: "default"), limit: 2))
        #expect(first.objects.map(\.name) == ["a", "b"])
        #expect(first.remainingItemCount == 3)
        _ = try registry.delete(configMaps, namespace: "default", name: "c", .init())
        _ = try create(configMap("bb"))
        _ = try update(configMap("d", ["new": "1"]), "d")
        var token = try ContinueToken(parsing: try #require(first.continueToken))
        #expect(token == ContinueToken(revision: 1_005, start: "b\0"))
        let second = try registry.list(
            configMaps, .init(selection: Selection(namespace: "default"), limit: 2, version: .continuing(token)))
        #expect(second.objects.map(\.name) == ["c", "d"])
        #expect(second.objects.last?.value["data"] == [:])
        #expect(second.revision == 1_005)
        token = try ContinueToken(parsing: try #require(second.continueToken))
        let third = try registry.list(
            configMaps, .init(selection: Selection(namespace: "default"), limit: 2, version: .continuing(token)))
        #expect(third.objects.map(\.name) == ["e"])
        #expect(third.continueToken == nil)
    }

    @Test("a continue token whose history is forgotten is 410, and offers to go on regardless")
    mutating func expiredToken() throws {
        for name in ["a", "b", "c"] { _ = try create(configMap(name)) }
        let first = try registry.list(configMaps, .init(limit: 1))
        let token = try ContinueToken(parsing: try #require(first.continueToken))
        _ = try create(configMap("aa"))
        registry.store.compact()
        let fallback = ContinueToken(revision: nil, start: "default/a\0")
        #expect(throws: APIStatus.expiredContinue(fallback.text)) {
            try registry.list(configMaps, .init(limit: 1, version: .continuing(token)))
        }
        let rest = try registry.list(configMaps, .init(version: .continuing(fallback)))
        #expect(rest.objects.map(\.name) == ["aa", "b", "c"])
    }

    @Test("each way to ask for a version is answered as by the real server")
    mutating func versions() throws {
        for name in ["a", "b", "c"] { _ = try create(configMap(name)) }
        #expect(try registry.list(configMaps, .init(version: .exactly(1_002))).objects.map(\.name) == ["a", "b"])
        #expect(try registry.list(configMaps, .init(version: .notOlderThan(1_001))).objects.count == 3)
        #expect(throws: APIStatus.tooLarge(2_000, current: 1_003)) {
            try registry.list(configMaps, .init(version: .notOlderThan(2_000)))
        }
        // The cache, which answers "any", knows no limits.
        #expect(try registry.list(configMaps, .init(limit: 1, version: .any)).objects.count == 3)
        registry.store.compact()
        #expect(throws: APIStatus.compacted()) {
            try registry.list(configMaps, .init(version: .exactly(1_002)))
        }
    }

    @Test("history is bounded: what fell out of it is too old")
    mutating func historyLimit() throws {
        for i in 0..<12 { _ = try create(configMap("c\(i)")) }
        let collection = registry.store.collection(configMaps)
        #expect(collection.history.count == 10)
        #expect(collection.changes(after: 1_001) == nil)
        #expect(collection.changes(after: 1_002)?.map(\.revision) == Array(1_003...1_012))
        #expect(collection.changes(after: 9_999)?.isEmpty == true)
    }
}
