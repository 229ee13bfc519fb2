import Testing

@testable import ScriptStore

@Suite("Which scripts go to which config map")
struct ShardPlanTests {
    private static func limits(_ fill: Int, shards: Bool = true) -> StoreLimits {
        var limits = StoreLimits()
        limits.fillBytes = fill
        limits.allowsShards = shards
        return limits
    }

    /// Scripts of about 1,000 bytes each.
    private static func set(_ count: Int, code: String = String(repeating: "x", count: 950)) -> ScriptSet {
        var set = ScriptSet()
        for i in 0..<count { set.add(title: "script \(i)", code: code, isActive: true) }
        return set
    }

    private static func indexes(_ text: String) throws -> [Int] {
        try ScriptSet(data: [ConfigMapKey.scripts: text]).scripts.map(\.index)
    }

    private static func named(_ plan: ShardPlan) -> [(name: String, text: String)] {
        plan.shards.enumerated().map { ($0.element.existingName ?? "new-\($0.offset)", $0.element.text) }
    }

    @Test("as long as there is room, all are in one")
    func one() throws {
        let plan = try ShardPlan(Self.set(5), otherBytes: 0, existing: [], limits: Self.limits(10_000))
        #expect(plan.shards == [])
        #expect(try Self.indexes(plan.text) == [0, 1, 2, 3, 4])
    }

    @Test("beyond, the lowest leave, and the highest stays")
    func overflow() throws {
        let plan = try ShardPlan(Self.set(8), otherBytes: 0, existing: [], limits: Self.limits(3_200))
        #expect(try Self.indexes(plan.text) == [5, 6, 7])
        #expect(try plan.shards.map { try Self.indexes($0.text) } == [[0, 1, 2], [3, 4]])
        #expect(plan.shards.allSatisfy { $0.existingName == nil })
    }

    @Test("an edit writes the config map that holds the script, and leaves the others")
    func edit() throws {
        var set = Self.set(8)
        let before = try ShardPlan(set, otherBytes: 0, existing: [], limits: Self.limits(3_200))
        set.change(1) { $0.code = "y" + $0.code.dropFirst() }
        let after = try ShardPlan(set, otherBytes: 0, existing: Self.named(before), limits: Self.limits(3_200))
        #expect(after.shards.map(\.existingName) == [nil, "new-1"])
        #expect(after.text == before.text)
    }

    @Test("when the highest is removed, the next highest comes home")
    func highest() throws {
        var set = Self.set(8)
        let before = try ShardPlan(set, otherBytes: 0, existing: [], limits: Self.limits(3_200))
        for index in [5, 6, 7] { set.remove(index) }
        let after = try ShardPlan(set, otherBytes: 0, existing: Self.named(before), limits: Self.limits(3_200))
        #expect(try Self.indexes(after.text) == [4])
        #expect(try after.shards.map { try Self.indexes($0.text) } == [[0, 1, 2], [3]])
    }

    @Test("when they fit one config map with room to spare, they come back")
    func back() throws {
        var set = Self.set(8)
        let before = try ShardPlan(set, otherBytes: 0, existing: [], limits: Self.limits(3_200))
        for index in [0, 2, 3, 4, 5] { set.remove(index) }
        let close = try ShardPlan(set, otherBytes: 0, existing: Self.named(before), limits: Self.limits(3_200))
        #expect(close.shards.count == 1)
        set.remove(6)
        let after = try ShardPlan(set, otherBytes: 0, existing: Self.named(before), limits: Self.limits(3_200))
        #expect(after.shards == [])
        #expect(try Self.indexes(after.text) == [1, 7])
    }

    @Test("8.2#9: a script that can fit nowhere is named with the sizes, whatever the others are")
    func oversized() {
        var set = Self.set(2)
        set.add(title: " huge ", code: String(repeating: "\n", count: 5_000), isActive: true)
        #expect {
            try ShardPlan(set, otherBytes: 0, existing: [], limits: Self.limits(3_200))
        } throws: { error in
            "\(error)"
                == "script 2 \"huge\" takes 10047 bytes in the config map, more than the 3198 that one script can have: "
                + "shorten it, or split it"
        }
    }

    @Test("8.2#9: without further config maps the scripts that do not fit are named with the sizes")
    func withoutShards() {
        #expect {
            try ShardPlan(Self.set(4), otherBytes: 0, existing: [], limits: Self.limits(3_200, shards: false))
        } throws: { error in
            "\(error)".hasPrefix(
                "script 3 \"script 3\" takes 999 bytes in the config map, and with it all take 3996, more than the "
                    + "3198 there is room for: remove others, or allow further config maps")
        }
    }

    @Test("what other keys take counts")
    func otherKeys() throws {
        let limits = StoreLimits()
        let free = try ShardPlan(Self.set(900), otherBytes: 0, existing: [], limits: limits)
        #expect(free.shards == [])
        let crowded = try ShardPlan(Self.set(900), otherBytes: 500_000, existing: [], limits: limits)
        #expect(crowded.shards.count == 1)
        #expect(500_000 + crowded.text.utf8.count < limits.configMapBytes)
    }

    @Test(
        "whatever is added, changed and removed, every script is in exactly one map and none is too large",
        arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let limits = Self.limits(4_000)
        var set = ScriptSet()
        var existing: [(name: String, text: String)] = []
        for round in 0..<60 {
            let code = String(repeating: "x", count: Int.random(in: 0..<1_500, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1: set.add(title: "t", code: code, isActive: false)
            case 2: set.change(Int.random(in: 0...set.nextIndex, using: &random)) { $0.code = code }
            default: set.remove(Int.random(in: 0...set.nextIndex, using: &random))
            }
            let plan = try ShardPlan(set, otherBytes: 0, existing: existing, limits: limits)
            let texts = [plan.text] + plan.shards.map(\.text)
            let found = try texts.flatMap { try Self.indexes($0) }
            #expect(found.sorted() == set.scripts.map(\.index), "seed \(seed), round \(round)")
            #expect(texts.allSatisfy { $0.utf8.count <= 4_000 + 2 }, "seed \(seed), round \(round)")
            if let highest = set.scripts.last?.index { #expect(try Self.indexes(plan.text).contains(highest)) }
            existing = plan.shards.enumerated().map {
                ($0.element.existingName ?? "s\(round)-\($0.offset)", $0.element.text)
            }
        }
    }
}
