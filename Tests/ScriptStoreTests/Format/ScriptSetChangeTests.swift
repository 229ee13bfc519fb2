import JSON
import Testing

@testable import ScriptStore

@Suite("Changing and writing a set of scripts")
struct ScriptSetChangeTests {
    @Test("the first script gets index 0, the next one more, and a freed index is not used again")
    func indexes() throws {
        var set = ScriptSet()
        let added = [
            set.add(title: "a", code: "1", isActive: true), set.add(title: "b", code: "2", isActive: false),
        ]
        #expect(added == [0, 1])
        let removed = [set.remove(1), set.remove(1)]
        #expect(removed == [true, false])
        let again = try ScriptSet(data: set.data)
        #expect(again == set)
        #expect(again.nextIndex == 2)
        var third = again
        let index = third.add(title: "c", code: "3", isActive: false)
        #expect(index == 2)
    }

    @Test("what is written is what upstream reads: title, code and active, by index")
    func written() {
        var set = ScriptSet()
        set.add(title: " Alert, on \"500\"", code: "// a\n\tx = '\u{1}\u{2028}ü'", isActive: true)
        set.add(
            title: "b", code: "", isActive: false, origin: ScriptOrigin(folder: "h:/s", path: "b.js", sha256: "00"))
        #expect(
            set.data == [
                "SCRIPTING_SCRIPTS":
                    #"{"0":{"title":" Alert, on \"500\"","code":"// a\n\tx = '\u0001"# + "\u{2028}ü"
                    + #"'","active":true},"1":{"title":"b","code":"","active":false,"#
                    + #""source":{"folder":"h:/s","path":"b.js","sha256":"00"}}}"#,
                "SCRIPTING_ACTIVE_SCRIPTS": #"Alert\, on "500""#,
                "SCRIPTING_NEXT_INDEX": "2",
            ])
    }

    @Test("a set that was written is read as the same set, whatever is in it", arguments: 0..<50 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let pieces = ["a", "é", "e\u{301}", "\"", "\\", "\n", "\r\n", "\0", "\u{2028}", "😀", "//", "{}", ",", " "]
        func text() -> String {
            (0..<Int.random(in: 0..<20, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
        }
        var set = ScriptSet()
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            let origin = Bool.random(using: &random) ? ScriptOrigin(folder: text(), path: text(), sha256: text()) : nil
            set.add(title: text(), code: text(), isActive: Bool.random(using: &random), origin: origin)
            if Int.random(in: 0..<4, using: &random) == 0 {
                set.remove(Int.random(in: 0..<set.nextIndex, using: &random))
            }
        }
        let again = try ScriptSet(data: set.data)
        #expect(again == set, "seed \(seed)")
        #expect(again.revision == set.revision)
        #expect(again.nextIndex == set.nextIndex)
        #expect(again.data == set.data)
    }

    @Test("a change of Unicode normalization is a change")
    func normalization() {
        var a = ScriptSet()
        a.add(title: "t", code: "'\u{e9}'", isActive: true)
        var b = ScriptSet()
        b.add(title: "t", code: "'e\u{301}'", isActive: true)
        #expect(a != b)
        #expect(a.revision != b.revision)
    }

    @Test("the revision covers index, title, code and activity, and nothing else")
    func revision() {
        var set = ScriptSet()
        set.add(title: "t", code: "c", isActive: true)
        let revision = set.revision
        // Computed apart: printf '0 1 1 t 1 c\n' | sha256sum
        #expect(revision == "42b8a6f500ef89783666761fe47ca3b29e2d480dc67166a1ffb32009e5e31d05")
        func changed(_ body: (inout StoredScript) -> Void) -> String {
            var other = set
            other.change(0, body)
            return other.revision
        }
        #expect(changed { $0.title = "u" } != revision)
        #expect(changed { $0.code = "d" } != revision)
        #expect(changed { $0.isActive = false } != revision)
        #expect(changed { $0.origin = ScriptOrigin(folder: "f", path: "p", sha256: "s") } == revision)
        #expect(changed { $0.otherMembers["x"] = 1 } == revision)
        #expect(ScriptSet().revision == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        // Not the same bytes with another border between the fields.
        var shifted = ScriptSet()
        shifted.add(title: "t 1 c", code: "", isActive: true)
        #expect(shifted.revision != revision)
    }

    @Test("good, bad, and the same good again have the first revision again")
    func sameAgain() {
        var set = ScriptSet()
        set.add(title: "t", code: "good", isActive: true)
        let good = set.revision
        set.change(0) { $0.code = "bad(" }
        #expect(set.revision != good)
        set.change(0) { $0.code = "good" }
        #expect(set.revision == good)
    }

    @Test("a script put where none was stands in order, and the next index is above it")
    func put() {
        var set = ScriptSet()
        set.put(StoredScript(index: 5, title: "f", code: "", isActive: false))
        set.put(StoredScript(index: 2, title: "c", code: "", isActive: false))
        set.put(StoredScript(index: 5, title: "F", code: "", isActive: true))
        #expect(set.scripts.map(\.index) == [2, 5])
        #expect(set[5]?.title == "F")
        #expect(set.nextIndex == 6)
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
