import Testing

@testable import ScriptFolder

@Suite("What scans of a folder mean")
struct ScriptFolderStateTests {
    let start = ContinuousClock.now

    func identity(_ name: String) -> ScriptFileIdentity {
        ScriptFileIdentity(source: "s", path: name, location: "s/" + name)
    }

    func file(_ name: String, _ text: String) -> ScriptFile { ScriptFile(identity: identity(name), text: text) }

    func scan(_ files: [(String, String)], age: Duration = .seconds(10)) -> ScriptFolderScan {
        var scan = ScriptFolderScan()
        scan.entries = files.map { ScriptFolderScan.Entry(file: file($0.0, $0.1), age: age) }
        return scan
    }

    @Test("files are added once, and changed only when their text is another")
    func contents() {
        var state = ScriptFolderState()
        let first = state.take(scan([("a.js", "1"), ("b.js", "2")]), at: start)
        #expect(first.changes == [.added(file("a.js", "1")), .added(file("b.js", "2"))])
        #expect(state.take(scan([("a.js", "1"), ("b.js", "2")]), at: start).isEmpty)
        let edited = state.take(scan([("a.js", "1"), ("b.js", "3")]), at: start)
        #expect(edited.changes == [.changed(file("b.js", "3"))])
        #expect(state.nextLook == nil)
    }

    @Test("a file that an editor replaces is never removed")
    func replacement() {
        var state = ScriptFolderState()
        _ = state.take(scan([("a.js", "1")]), at: start)
        #expect(state.take(scan([]), at: start).isEmpty)
        #expect(state.nextLook == start + .seconds(2))
        #expect(state.take(scan([("a.js", "2")]), at: start + .seconds(1)).changes == [.changed(file("a.js", "2"))])
        #expect(state.nextLook == nil)
        #expect(state.take(scan([("a.js", "2")]), at: start + .seconds(9)).isEmpty)
    }

    @Test("a file that stays away for two seconds is removed, and added when it comes back")
    func removal() {
        var state = ScriptFolderState()
        _ = state.take(scan([("b.js", "2"), ("a.js", "1")]), at: start)
        #expect(state.take(scan([]), at: start + .seconds(5)).isEmpty)
        #expect(state.take(scan([]), at: start + .milliseconds(6999)).isEmpty)
        let gone = state.take(scan([]), at: start + .seconds(7))
        #expect(gone.changes == [.removed(identity("a.js")), .removed(identity("b.js"))])
        #expect(state.nextLook == nil)
        #expect(state.take(scan([("a.js", "1")]), at: start + .seconds(8)).changes == [.added(file("a.js", "1"))])
    }

    @Test("an empty file that was just written waits to be filled, and counts as empty when it is not")
    func empty() {
        var state = ScriptFolderState()
        _ = state.take(scan([("a.js", "1")]), at: start)
        #expect(state.take(scan([("a.js", "")], age: .milliseconds(10)), at: start).isEmpty)
        #expect(state.nextLook == start + .milliseconds(300))
        let later = state.take(scan([("a.js", "")], age: .milliseconds(310)), at: start + .milliseconds(300))
        #expect(later.changes == [.changed(file("a.js", ""))])
    }

    @Test("a file that cannot be read for a while stays as it was")
    func unreadable() {
        var state = ScriptFolderState()
        _ = state.take(scan([("a.js", "1")]), at: start)
        var broken = ScriptFolderScan()
        broken.unreadable = [identity("a.js")]
        broken.problems = [ScriptFolderProblem(path: "s/a.js", text: "permission denied")]
        #expect(state.take(broken, at: start).problems == broken.problems)
        #expect(state.take(broken, at: start + .seconds(100)).isEmpty, "told once")
        #expect(state.take(scan([("a.js", "1")]), at: start + .seconds(101)).isEmpty)
        #expect(state.take(broken, at: start + .seconds(102)).problems == broken.problems, "it came back")
    }
}
