import Testing

@testable import KubernetesClient

@Suite struct EventQueueTests {
    private static func event(_ change: InformerChange<TestObject>, raw: RawJSON? = nil) -> InformerEvent<TestObject> {
        InformerEvent(change: change, source: .watch, raw: raw, received: .now)
    }

    private static func taken(_ queue: inout EventQueue<TestObject>) -> [Change] {
        queue.takeAll().map { Change($0.change) }
    }

    @Test("within the limit every event is kept, in order")
    func order() {
        var queue = EventQueue<TestObject>(limit: 10, rawByteLimit: 0)
        let objects = (1...5).map { TestObject("a", version: $0) }
        queue.append(Self.event(.added(objects[0])))
        for i in 1..<5 { queue.append(Self.event(.modified(objects[i], from: objects[i - 1]))) }
        #expect(
            Self.taken(&queue).map(\.description)
                == ["+a/u@1", "a/u@1→a/u@2", "a/u@2→a/u@3", "a/u@3→a/u@4", "a/u@4→a/u@5"])
        #expect(queue.isEmpty)
        #expect(queue.mergedEvents == 0)
    }

    @Test("beyond the limit an object's changes are merged into the one that matters")
    func merging() {
        let v = (0...9).map { TestObject("a", version: $0) }
        let cases: [([InformerChange<TestObject>], [String])] = [
            ([.modified(v[1], from: v[0]), .modified(v[2], from: v[1])], ["a/u@0→a/u@2"]),
            ([.added(v[1]), .modified(v[2], from: v[1])], ["+a/u@2"]),
            ([.modified(v[1], from: v[0]), .deleted(v[2])], ["-a/u@2"]),
            ([.added(v[1]), .deleted(v[2])], []),
            ([.deleted(v[1]), .added(v[2])], ["-a/u@1", "+a/u@2"]),
            ([.deleted(v[1]), .added(v[2]), .modified(v[3], from: v[2])], ["-a/u@1", "+a/u@3"]),
            ([.deleted(v[1]), .added(v[2]), .deleted(v[3])], ["-a/u@1"]),
            ([.modified(v[1], from: v[0]), .deleted(v[2]), .added(v[3])], ["-a/u@2", "+a/u@3"]),
        ]
        for (changes, expected) in cases {
            var queue = EventQueue<TestObject>(limit: 0, rawByteLimit: 0)
            for change in changes { queue.append(Self.event(change)) }
            #expect(Self.taken(&queue).map(\.description) == expected, "\(changes)")
        }
    }

    @Test("after the overflow was taken, events wait one by one again")
    func recovery() {
        var queue = EventQueue<TestObject>(limit: 1, rawByteLimit: 0)
        for i in 1...4 { queue.append(Self.event(.added(TestObject("o\(i)", version: i)))) }
        #expect(Self.taken(&queue).count == 4)
        queue.append(Self.event(.modified(TestObject("o1", version: 5), from: TestObject("o1", version: 1))))
        #expect(Self.taken(&queue).map(\.description) == ["o1/u@1→o1/u@5"])
    }

    @Test("JSON texts are kept up to their limit, the events in any case")
    func rawLimit() {
        var queue = EventQueue<TestObject>(limit: 10, rawByteLimit: 250)
        for i in 1...4 {
            let raw = RawJSON([UInt8](repeating: 0x20, count: 100), 0..<10)
            queue.append(Self.event(.added(TestObject("o\(i)", version: i)), raw: raw))
        }
        #expect(queue.takeAll().map { $0.raw != nil } == [true, true, false, false])
    }

    /// Plays random histories to a consumer of random slowness, and checks that it ends with the truth, that each event
    /// fits the consumer's picture, and that the queue stays bounded.
    @Test("whatever the history and however slow the consumer, it ends with the truth", arguments: UInt64(0)..<200)
    func randomHistory(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let names = ["a", "b", "c", "d"]
        let limit = Int.random(in: 0...4, using: &random)
        var cache = ObjectCache<TestObject>()
        var queue = EventQueue<TestObject>(limit: limit, rawByteLimit: 0)
        var picture: [ObjectKey: TestObject] = [:]
        var uid = 0

        func consume() {
            for event in queue.takeAll() {
                let key = event.change.object.identity.key
                switch event.change {
                case .added(let object):
                    #expect(picture[key] == nil, "seed \(seed)")
                    picture[key] = object
                case .modified(let object, from: let known):
                    #expect(picture[key] == known, "seed \(seed)")
                    picture[key] = object
                case .deleted(let object):
                    #expect(picture[key]?.identity.uid == object.identity.uid, "seed \(seed)")
                    picture[key] = nil
                }
            }
        }

        for version in 1...300 {
            let name = names[Int.random(in: 0..<names.count, using: &random)]
            let known = cache.objects[ObjectKey(namespace: "ns", name: name)]
            var changes: [InformerChange<TestObject>]
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                guard let known else { continue }
                changes = cache.delete(TestObject(name, uid: known.identity.uid, version: version))
            case 1:
                uid += 1
                changes = cache.update(TestObject(name, uid: "u\(uid)", version: version))
            default:
                uid += 1
                changes = cache.update(TestObject(name, uid: known?.identity.uid ?? "u\(uid)", version: version))
            }
            for change in changes { queue.append(Self.event(change)) }
            #expect(queue.count <= limit + names.count, "seed \(seed)")
            if Int.random(in: 0..<10, using: &random) == 0 { consume() }
        }
        consume()
        #expect(picture == cache.objects, "seed \(seed)")
    }
}
