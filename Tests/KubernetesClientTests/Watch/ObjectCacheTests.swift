import Testing

@testable import KubernetesClient

@Suite struct ObjectCacheTests {
    private var cache = ObjectCache<TestObject>()

    private static func changes(_ changes: [InformerChange<TestObject>]) -> [Change] { changes.map(Change.init) }

    @Test("what is new is added, what is newer is modified, whatever the server calls it")
    mutating func update() {
        let (first, second) = (TestObject("a", version: 1), TestObject("a", version: 2))
        #expect(Self.changes(cache.update(first)) == [.added(first)])
        #expect(Self.changes(cache.update(second)) == [.modified(second, from: first)])
    }

    @Test("repetitions and older versions change nothing and are counted")
    mutating func outdated() {
        _ = cache.update(TestObject("a", version: 9))
        #expect(cache.update(TestObject("a", version: 9)).isEmpty)
        #expect(cache.update(TestObject("a", version: 10)).count == 1)
        #expect(cache.update(TestObject("a", version: 9)).isEmpty)
        #expect(cache.delete(TestObject("a", version: 8)).isEmpty)
        #expect(cache.outdatedEvents == 3)
        #expect(cache.objects.count == 1)
    }

    @Test("versions are compared as numbers, not as texts")
    mutating func numericVersions() {
        _ = cache.update(TestObject("a", version: 99))
        #expect(cache.update(TestObject("a", version: 100)).count == 1)
    }

    @Test("a new uid under an old name is a deletion and an addition")
    mutating func newUID() {
        let (old, new) = (TestObject("a", uid: "1", version: 1), TestObject("a", uid: "2", version: 2))
        _ = cache.update(old)
        #expect(Self.changes(cache.update(new)) == [.deleted(old), .added(new)])
        #expect(
            cache.delete(TestObject("a", uid: "1", version: 3)).isEmpty,
            "the old object's end does not touch the new one")
    }

    @Test("a deletion tells the last version, and happens once")
    mutating func delete() {
        _ = cache.update(TestObject("a", version: 1))
        let last = TestObject("a", version: 2)
        #expect(Self.changes(cache.delete(last)) == [.deleted(last)])
        #expect(cache.delete(last).isEmpty)
        #expect(cache.objects.isEmpty)
    }

    @Test("a list reports what vanished, what is new and what is different, each once")
    mutating func replace() {
        for object in ["a", "b", "c", "d"].map({ TestObject($0, uid: $0, version: 1) }) { _ = cache.update(object) }
        let list = [
            TestObject("a", uid: "a", version: 1), TestObject("b", uid: "b", version: 5),
            TestObject("c", uid: "other", version: 6), TestObject("e", uid: "e", version: 7),
        ]
        let changes = Self.changes(cache.replace(with: list))
        #expect(
            Set(changes.map(\.description)) == ["-d/d@1", "-c/c@1", "b/b@1→b/b@5", "+c/other@6", "+e/e@7"])
        #expect(changes.count == 5)
        #expect(cache.replace(with: list).isEmpty)
    }

    @Test("a list is believed even where it is older: the server was restored from a backup")
    mutating func restored() {
        let (known, older) = (TestObject("a", version: 50), TestObject("a", version: 20))
        _ = cache.update(known)
        #expect(Self.changes(cache.replace(with: [older])) == [.modified(older, from: known)])
    }
}
