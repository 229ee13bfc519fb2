import JSON
import Testing

@testable import Fleet

/// Sets, their names, and what makes one into another.
@Suite("Sets and pushes")
struct FleetSetTests {
    private let one = Samples.set([0: "a", 1: "b", 2: "c"], environment: ["K": "v"], keys: ["POD_REGEX": "x"])

    @Test("a push has only what differs, and makes exactly the set that its revision names")
    func difference() throws {
        let two = Samples.set([0: "a", 1: "B", 3: "d"], environment: ["K": "v"], keys: ["POD_REGEX": "y"])
        let push = FleetPush(from: one.manifest, to: two, nonce: "h.1")
        #expect(push.changed == [two.scripts[1], two.scripts[2]])
        #expect(push.removed == [2])
        #expect(push.environment == nil)
        #expect(push.keys == ["POD_REGEX": "y"])
        #expect(one.applying(push) == two)
    }

    @Test("a push survives the wire, with quotes, line breaks and other planes of Unicode in the text")
    func wire() throws {
        let text = "var a = \"x\\n\";\r\n// \u{1F4E6} é\u{0301}\u{2028}\u{0}\n"
        let two = Samples.set([7: text], environment: ["A": 1, "B": ["c": .null]], keys: ["NAMESPACES": "a,b"])
        let push = FleetPush(from: one.manifest, to: two, nonce: "h.1")
        let line = HubMessage.push(push).line
        #expect(line.last == 0x0a && !line.dropLast().contains(0x0a))
        #expect(try HubMessage(line: Array(line.dropLast())) == .push(push))
        guard case .push(let read) = try HubMessage(line: Array(line.dropLast())) else { return }
        #expect(one.applying(read)?.revision == two.revision)
    }

    @Test("a push for another set, or one that was changed on its way, is not applied")
    func wrongBase() throws {
        let two = Samples.set([0: "z"])
        let push = FleetPush(from: Samples.set([5: "q"]).manifest, to: two, nonce: "h.1")
        #expect(one.applying(push) == nil)
        var damaged = FleetPush(from: nil, to: two, nonce: "h.1").json
        damaged["put"] = [["index": 0, "title": "s0", "code": "Z"]]
        let read = try FleetPush(damaged)
        #expect(one.applying(read) == nil)
    }

    @Test("a complete push takes away what it does not have, env and keys included")
    func complete() {
        let two = Samples.set([1: "b"])
        let push = FleetPush(from: nil, to: two, nonce: "h.1")
        #expect(push.environment == [:] && push.keys == [:])
        #expect(one.applying(push) == two)
    }

    @Test("the revision tells apart whatever runs differently, and nothing else")
    func revisions() {
        let same = FleetSet(scripts: one.scripts.reversed(), environment: ["K": "v"], keys: ["POD_REGEX": "x"])
        #expect(same.revision == one.revision)
        let others = [
            Samples.set([0: "a", 1: "b"], environment: ["K": "v"], keys: ["POD_REGEX": "x"]),
            Samples.set([0: "a", 1: "b", 2: "c"], environment: ["K": "w"], keys: ["POD_REGEX": "x"]),
            Samples.set([0: "a", 1: "b", 2: "c"], environment: ["K": "v"], keys: ["POD_REGEX": "z"]),
            Samples.set([0: "a", 1: "c", 2: "b"], environment: ["K": "v"], keys: ["POD_REGEX": "x"]),
            FleetSet(
                scripts: [FleetScript(index: 0, title: "s0a", code: "")] + one.scripts.dropFirst(),
                environment: ["K": "v"], keys: ["POD_REGEX": "x"]),
        ]
        #expect(Set(others.map(\.revision) + [one.revision]).count == others.count + 1)
    }

    @Test("what is held survives the disk, and a file that was changed is refused")
    func disk() throws {
        var held = HeldSet()
        held.take(one, refusing: [])
        held.take(Samples.set([0: "a", 1: "broken", 2: "c"]), refusing: [Samples.failure(1)])
        #expect(held.running.scripts.map(\.code) == ["a", "b", "c"])
        let read = try HeldSet(try JSONValue(parsing: held.json.encoded()))
        #expect(read == held)
        var changed = held.json
        changed["put"] = [["index": 0, "title": "s0", "code": "evil"]]
        #expect(throws: FleetWireError.self) { try HeldSet(changed) }
    }

    @Test("broken twice in a row, what ran before the first goes on; mended, it is forgotten")
    func lastGood() {
        var held = HeldSet()
        held.take(Samples.set([1: "good"]), refusing: [])
        held.take(Samples.set([1: "bad"]), refusing: [Samples.failure(1)])
        held.take(Samples.set([1: "worse"]), refusing: [Samples.failure(1)])
        #expect(held.running.scripts.map(\.code) == ["good"])
        #expect(held.set.scripts.map(\.code) == ["worse"])
        held.take(Samples.set([1: "better"]), refusing: [])
        #expect(held.running.scripts.map(\.code) == ["better"] && held.failures.isEmpty)
        held.take(Samples.set([1: "better", 4: "bad from the start"]), refusing: [Samples.failure(4)])
        #expect(held.running.scripts.map(\.index) == [1])
    }
}
