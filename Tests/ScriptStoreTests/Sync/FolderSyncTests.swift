import Testing

@testable import ScriptStore

@Suite("The merge of files and scripts")
struct FolderSyncTests {
    @Test("new files become scripts, active as the configuration or the config map says")
    func created() throws {
        var fixture = SyncFixture(active: ["A", "dns"])
        fixture.set = try ScriptSet(data: [ConfigMapKey.activeScripts: "C"])
        fixture.files = ["a.js": "// A\n", "b.js": "// top dns\n", "c.js": "// C"]
        #expect(fixture.run() == ["a.js": .created, "b.js": .created, "c.js": .created])
        #expect(fixture.set.scripts.map(\.title) == ["A", "top dns", "C"])
        #expect(fixture.set.scripts.map(\.isActive) == [true, false, true])
        #expect(fixture.run() == ["a.js": .unchanged, "b.js": .unchanged, "c.js": .unchanged])
    }

    @Test("an edited file replaces code and title, keeps index and the activity that was set in the cluster")
    func updated() {
        var fixture = SyncFixture(active: ["A"])
        fixture.files = ["a.js": "// A\n1"]
        fixture.run()
        fixture.set.change(0) { $0.isActive = false }
        fixture.files["a.js"] = "// A2\n2"
        #expect(fixture.run() == ["a.js": .updated])
        #expect(fixture.set[0]?.title == "A2")
        #expect(fixture.set[0]?.isActive == false)
        #expect(fixture.codes == [0: "// A2\n2"])
    }

    @Test("an edit in the cluster is not overwritten, neither in this run nor after a restart")
    func editedInCluster() {
        var fixture = SyncFixture()
        fixture.files = ["a.js": "// A\n1"]
        fixture.run()
        fixture.set.change(0) { $0.code = "theirs" }
        let conflict = SyncStep.Kind.editedInCluster(
            cluster: SyncFixture.hash("theirs"), file: SyncFixture.hash("// A\n1"), owner: nil)
        #expect(fixture.run() == ["a.js": conflict])
        fixture.restart()
        #expect(fixture.run() == ["a.js": conflict])
        fixture.files["a.js"] = "// A\n2"
        guard case .editedInCluster = fixture.run()["a.js"] else { return #expect(Bool(false), "overwritten") }
        #expect(fixture.codes == [0: "theirs"])
        // Their version taken over in the file ends the conflict; edits go through again.
        fixture.files["a.js"] = "theirs"
        #expect(fixture.run() == ["a.js": .recognized])
        fixture.files["a.js"] = "ours"
        #expect(fixture.run() == ["a.js": .updated])
    }

    @Test("--force overwrites")
    func forced() {
        var fixture = SyncFixture(forced: true)
        fixture.files = ["a.js": "1"]
        fixture.run()
        fixture.set.change(0) { $0.code = "theirs" }
        #expect(fixture.run() == ["a.js": .updated])
        #expect(fixture.codes == [0: "1"])
    }

    @Test("a file deleted while the tool did not run is noticed at its start, in its own folder only")
    func deletedOffline() {
        var fixture = SyncFixture()
        fixture.files = ["a.js": "1", "b.js": "2"]
        fixture.run()
        fixture.addFromOtherFolder("x", "3", path: "x.js")
        fixture.set.add(title: "dashboard", code: "4", isActive: true)
        fixture.files["a.js"] = nil
        fixture.restart()
        #expect(fixture.run() == ["a.js": .removed, "b.js": .unchanged])
        #expect(fixture.codes == [1: "2", 2: "3", 3: "4"])
    }

    @Test("a file that is gone is not removed from the cluster if it was edited there")
    func goneButEdited() {
        var fixture = SyncFixture()
        fixture.files = ["a.js": "1"]
        fixture.run()
        fixture.set.change(0) { $0.code = "theirs" }
        fixture.files = [:]
        #expect(fixture.run() == ["a.js": .goneButEdited(cluster: SyncFixture.hash("theirs"))])
        #expect(fixture.codes == [0: "theirs"])
    }

    @Test("a script that somebody removed in the cluster stays removed until its file changes")
    func removedInCluster() {
        var fixture = SyncFixture()
        fixture.files = ["a.js": "1"]
        fixture.run()
        fixture.set.remove(0)
        #expect(fixture.run() == ["a.js": .removedInCluster])
        fixture.files["a.js"] = "2"
        #expect(fixture.run() == ["a.js": .created])
        #expect(fixture.codes == [1: "2"])
    }

    @Test("a file that is away for a moment changes nothing, also if another one is new")
    func away() {
        var fixture = SyncFixture()
        fixture.files = ["a.js": "// A\n1"]
        fixture.run()
        fixture.away = ["a.js"]
        fixture.files["b.js"] = "// B\n2"
        #expect(fixture.run() == ["a.js": .unchanged, "b.js": .created])
    }

    @Test("a broken file keeps the version before, and does not keep others from being synced")
    func broken() {
        var fixture = SyncFixture()
        fixture.files = ["a.js": "good", "b.js": "1"]
        fixture.run()
        fixture.files = ["a.js": "bad(", "b.js": "2"]
        fixture.broken = ["a.js": "a.js:1:5: unexpected end"]
        #expect(fixture.run() == ["a.js": .broken("a.js:1:5: unexpected end"), "b.js": .updated])
        #expect(fixture.codes == [0: "good", 1: "2"])
        // Good, bad, the same good again.
        fixture.files["a.js"] = "good"
        fixture.broken = [:]
        #expect(fixture.run() == ["a.js": .unchanged, "b.js": .unchanged])
    }

    @Test("a renamed file keeps index and activity, before and after the old name is given up")
    func renamed() {
        var fixture = SyncFixture(active: ["A"])
        fixture.files = ["a.js": "// A\n1"]
        fixture.run()
        // For two seconds the watch still counts the old name.
        fixture.files["b.js"] = "// A\n1"
        fixture.away = ["a.js"]
        #expect(fixture.run() == ["b.js": .recognized])
        fixture.files["a.js"] = nil
        #expect(fixture.run() == ["b.js": .unchanged])
        #expect(fixture.set.scripts.map(\.index) == [0])
        #expect(fixture.set[0]?.isActive == true)
        #expect(fixture.set[0]?.origin?.path == "b.js")
    }

    @Test("renamed and edited at once, a file is known by its title")
    func renamedAndEdited() {
        var fixture = SyncFixture()
        fixture.files = ["a.js": "// A\n1"]
        fixture.run()
        fixture.restart()
        fixture.files = ["b.js": "// A\n2"]
        #expect(fixture.run() == ["b.js": .updated])
        #expect(fixture.codes == [0: "// A\n2"])
    }

    @Test("a title that comes from the file's name follows it")
    func renamedTitle() {
        var fixture = SyncFixture()
        fixture.files = ["a.js": "x()"]
        fixture.run()
        #expect(fixture.set[0]?.title == "a")
        fixture.files = ["b.js": "x()"]
        #expect(fixture.run() == ["b.js": .recognized])
        #expect(fixture.set[0]?.title == "b")
    }

    @Test("two files that swap names keep their scripts by what is in the files")
    func swapped() {
        var fixture = SyncFixture()
        fixture.files = ["a.js": "// A\n", "b.js": "// B\n"]
        fixture.run()
        fixture.files = ["a.js": "// B\n", "b.js": "// A\n"]
        #expect(fixture.run() == ["a.js": .updated, "b.js": .updated])
        #expect(fixture.codes == [0: "// B\n", 1: "// A\n"])
    }

    @Test("upstream's script of the same title is recognized, if its code is the same")
    func adopted() {
        var fixture = SyncFixture()
        fixture.set.add(title: " Foo", code: "// Foo\n", isActive: true)
        fixture.set.add(title: " Bar", code: "// Bar\nold", isActive: true)
        fixture.files = ["f.js": "// Foo\n", "b.js": "// Bar\nnew"]
        let conflict = SyncStep.Kind.editedInCluster(
            cluster: SyncFixture.hash("// Bar\nold"), file: SyncFixture.hash("// Bar\nnew"), owner: nil)
        #expect(fixture.run() == ["f.js": .recognized, "b.js": conflict])
        #expect(fixture.set[0]?.title == " Foo")
        #expect(fixture.set[0]?.isActive == true)
        #expect(fixture.set.scripts.count == 2)
    }

    @Test("two people with the same files do not undo each other's edits")
    func twoFolders() {
        var fixture = SyncFixture()
        fixture.addFromOtherFolder("A", "// A\n1", path: "a.js")
        fixture.files = ["a.js": "// A\n1"]
        #expect(fixture.run() == ["a.js": .unchanged])
        #expect(fixture.set[0]?.origin?.folder == SyncFixture.otherFolder)
        // An edit on top of what both had goes through, and the script is this folder's now.
        fixture.files["a.js"] = "// A\n2"
        #expect(fixture.run() == ["a.js": .updated])
        #expect(fixture.set[0]?.origin?.folder == SyncFixture.folder.key)

        // The other one edits as well, on top of that; our older file does not replace it.
        fixture.set.change(0) {
            $0.code = "// A\n3"
            $0.origin = ScriptOrigin(folder: SyncFixture.otherFolder, path: "a.js", sha256: SyncFixture.hash("// A\n3"))
        }
        let conflict = SyncStep.Kind.editedInCluster(
            cluster: SyncFixture.hash("// A\n3"), file: SyncFixture.hash("// A\n2"), owner: SyncFixture.otherFolder)
        #expect(fixture.run() == ["a.js": conflict])
        fixture.restart()
        #expect(fixture.run() == ["a.js": conflict])
    }

    @Test("equal files are scripts of their own")
    func equalFiles() {
        var fixture = SyncFixture()
        fixture.files = ["a.js": "// T\n", "b.js": "// T\n", "c.js": ""]
        #expect(fixture.run() == ["a.js": .created, "b.js": .created, "c.js": .created])
        fixture.restart()
        #expect(fixture.run() == ["a.js": .unchanged, "b.js": .unchanged, "c.js": .unchanged])
        #expect(fixture.set.scripts.count == 3)
    }

    @Test(
        "the outcome never depends on the order of files and scripts, and a second merge changes nothing",
        arguments: 0..<40 as Range<UInt64>)
    func stable(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var fixture = SyncFixture()
        let codes = (0..<6).map { "// T\($0 % 4)\n\($0)" }
        for _ in 0..<30 {
            let path = "\(Int.random(in: 0..<6, using: &random)).js"
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1: fixture.files[path] = codes.randomElement(using: &random)
            case 2: fixture.files[path] = nil
            case 3:
                if let script = fixture.set.scripts.randomElement(using: &random) {
                    fixture.set.change(script.index) { $0.code = "theirs \(script.index)" }
                }
            case 4:
                if let script = fixture.set.scripts.randomElement(using: &random) { fixture.set.remove(script.index) }
            default: fixture.restart()
            }
            let theirs = fixture.set.scripts.filter { $0.code.hasPrefix("theirs") }.map(\.code)
            fixture.run()
            let once = fixture.set
            let again = fixture.run()
            #expect(fixture.set == once, "seed \(seed)")
            #expect(!again.values.contains(.created) && !again.values.contains(.updated), "seed \(seed)")
            // Whatever happened, nobody's edit was lost.
            #expect(theirs.allSatisfy { code in fixture.set.scripts.contains { $0.code == code } }, "seed \(seed)")
        }
    }
}
