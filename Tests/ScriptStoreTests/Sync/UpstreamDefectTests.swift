import ScriptFolder
import Testing
import Threading

@testable import ScriptStore

extension ClusterTests {
    /// The defects of upstream's folder sync, one by one: contract 8.1.
    @Suite("8.1: what upstream's folder sync does wrong")
    struct UpstreamDefectTests {
        @Test("1: one broken file does not keep the others out")
        func oneBrokenFile() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\nbroken(")
                try stage.folder.write("b.js", "// B\n")
                let isGood = try await stage.sync().once()
                #expect(!isGood)
                #expect(Set(stage.told) == ["broken a.js", "created b.js"])
                #expect(try await stage.codes() == [0: "// B\n"])
            }
        }

        @Test("2: a removed file's script is removed")
        func removal() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n")
                try stage.folder.write("b.js", "// B\n")
                try await stage.watching { stage in
                    try stage.folder.remove("a.js")
                    #expect(try await stage.holds(["// B\n"]))
                }
            }
        }

        @Test("3, 4: a file that is not known touches no script, least of all script 0")
        func unknownFile() async throws {
            let zero = #"{"0":{"title":"zero","code":"0","active":true}}"#
            try await SyncStage.run([ConfigMapKey.scripts: zero]) { stage in
                try await stage.watching { stage in
                    try stage.folder.write("new.js", "// New\n")
                    #expect(try await stage.holds(["0", "// New\n"]))
                    try stage.folder.move("new.js", to: "newer.js")
                    #expect(try await eventually { try await stage.cluster.scripts()[1]?.origin?.path == "newer.js" })
                    try stage.folder.write("new.js", "// Other\n")
                    #expect(try await stage.holds(["0", "// New\n", "// Other\n"]))
                    try stage.folder.remove("newer.js")
                    #expect(try await stage.holds(["0", "// Other\n"]))
                }
                #expect(try await stage.cluster.scripts()[0]?.isActive == true)
            }
        }

        @Test("5: events that come together are not ignored: contents decide")
        func combinedEvents() async throws {
            try await SyncStage.run { stage in
                try await stage.watching { stage in
                    // Created, written, renamed, written and its mode changed, before anybody looks.
                    try stage.folder.write("t.js", "// 1\n")
                    try stage.folder.move("t.js", to: "a.js")
                    try stage.folder.write("a.js", "// 2\n")
                    #expect(try await stage.holds(["// 2\n"]))
                }
                #expect(try await stage.cluster.scripts().nextIndex == 1)
            }
        }

        @Test("6: an editor that saves by rename keeps index and activity")
        func saveByRename() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n1")
                try await stage.watching({ $0.activeTitles = ActiveTitles(["A"]) }) { stage in
                    for i in 2...5 {
                        // vim: the old file becomes the backup, the new one is written under the name.
                        try stage.folder.move("a.js", to: "a.js~")
                        try await Task.sleep(for: .milliseconds(30))
                        try stage.folder.write("a.js", "// A\n\(i)")
                        try stage.folder.remove("a.js~")
                        #expect(try await stage.holds(["// A\n\(i)"]))
                    }
                }
                let script = try #require(try await stage.cluster.scripts().scripts.first)
                #expect(script.index == 0 && script.isActive)
            }
        }

        @Test("7: a file that is truncated and then written is never pushed empty")
        func truncateThenWrite() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n1")
                let seen = Locked<Set<String>>([])
                // Longer than any delay of a busy machine, so that only what is being written is looked at.
                try await stage.watching({ $0.folderLimits.emptyGrace = .seconds(30) }) { stage in
                    for i in 2...5 {
                        try stage.folder.write("a.js", "")
                        try await Task.sleep(for: .milliseconds(120))
                        seen.withLock { _ = $0.insert(stage.cluster.data()[ConfigMapKey.scripts] ?? "") }
                        try stage.folder.write("a.js", "// A\n\(i)")
                        #expect(try await stage.holds(["// A\n\(i)"]))
                    }
                }
                #expect(seen.withLock { $0.allSatisfy { !$0.contains(#""code":"""#) } })
                #expect(stage.steps.allSatisfy { $0.title == "A" })
            }
        }

        @Test("8: only names that end in .js are scripts, at the start and later")
        func names() async throws {
            try await SyncStage.run { stage in
                for name in ["foojs", "a.js~", ".a.js", ".a.js.swp", "a.mjs", "a.json"] {
                    try stage.folder.write(name, "// \(name)\n")
                }
                try await stage.watching { stage in
                    for name in ["barjs", "#b.js#", ".#b.js", "b.js.tmp"] {
                        try stage.folder.write(name, "// \(name)\n")
                    }
                    try stage.folder.write("z.js", "// Z\n")
                    #expect(try await stage.holds(["// Z\n"]))
                }
            }
        }

        @Test("9: folders inside the folder are read if that is wanted, and not otherwise")
        func recursion() async throws {
            try await SyncStage.run { stage in
                try stage.folder.makeFolder("sub")
                try stage.folder.write("sub/b.js", "// B\n")
                try stage.folder.write("a.js", "// A\n")
                #expect(try await stage.sync().once())
                #expect(try await stage.codes() == [0: "// A\n"])
                let recursive = stage.options(recursive: true)
                #expect(try await stage.sync { $0.folders = recursive.folders }.once())
                #expect(try await stage.codes() == [0: "// A\n", 1: "// B\n"])
            }
        }

        @Test("10: a list of sources alone is watched")
        func sourcesAlone() async throws {
            try await SyncStage.run { stage in
                try stage.folder.makeFolder("one")
                try stage.folder.makeFolder("two")
                let sources = stage.options([stage.folder.at("one"), stage.folder.at("two")])
                try await stage.watching({ $0.folders = sources.folders }) { stage in
                    try stage.folder.write("one/a.js", "// A\n")
                    #expect(try await stage.holds(["// A\n"]))
                    try stage.folder.write("two/a.js", "// Also a\n")
                    #expect(try await stage.holds(["// A\n", "// Also a\n"]))
                }
            }
        }

        @Test("11: a source can be a file")
        func sourceFile() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n")
                try stage.folder.write("b.js", "// B\n")
                let sources = stage.options([stage.folder.at("a.js")])
                try await stage.watching({ $0.folders = sources.folders }) { stage in
                    #expect(try await stage.codes() == [0: "// A\n"])
                    try stage.folder.write("a.js", "// A\n2")
                    #expect(try await stage.holds(["// A\n2"]))
                    try stage.folder.remove("a.js")
                    #expect(try await stage.holds([]))
                }
            }
        }

        @Test("13, 15: syncing again creates nothing, whatever the titles are")
        func again() async throws {
            try await SyncStage.run { stage in
                for (name, text) in ["a.js": "// T\n1", "b.js": "// T\n2", "c.js": "", "d.js": "//\n"] {
                    try stage.folder.write(name, text)
                }
                for _ in 0..<5 { #expect(try await stage.sync().once()) }
                #expect(try await stage.cluster.scripts().scripts.count == 4)
                #expect(stage.cluster.writes == 1)
            }
        }

        @Test("14: the title New Script is like any other")
        func newScript() async throws {
            let zero = #"{"0":{"title":"zero","code":"0","active":true}}"#
            try await SyncStage.run([ConfigMapKey.scripts: zero]) { stage in
                try stage.folder.write("n.js", "// New Script\n")
                #expect(try await stage.sync().once())
                #expect(try await stage.codes() == [0: "0", 1: "// New Script\n"])
            }
        }

        @Test(
            "16: an edit in the dashboard survives the tool's start, its reconnects and edits of other files, and is told"
        )
        func dashboardEdits() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n1")
                try stage.folder.write("b.js", "// B\n1")
                #expect(try await stage.sync().once())
                try stage.cluster.editCode(0, "theirs")
                try await stage.watching { stage in
                    #expect(stage.told.contains("conflict a.js"))
                    // The watch is cut and made anew.
                    stage.cluster.simulator.disturbWatches(.disconnect)
                    try stage.folder.write("b.js", "// B\n2")
                    #expect(try await stage.holds(["theirs", "// B\n2"]))
                }
                // Told once in this run, though it stood there all the time.
                #expect(stage.told.count { $0 == "conflict a.js" } == 1)
                let isGood = try await stage.sync().once()
                #expect(!isGood)
                #expect(try await stage.sync { $0.isForced = true }.once())
                #expect(try await stage.codes() == [0: "// A\n1", 1: "// B\n2"])
            }
        }

        @Test("16: an edit in the dashboard is told while it happens")
        func dashboardEditWhileWatching() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n1")
                try await stage.watching { stage in
                    try stage.cluster.editCode(0, "theirs")
                    #expect(try await eventually { stage.told.contains("conflict a.js") })
                    #expect(try await stage.codes() == [0: "theirs"])
                }
            }
        }

        @Test(
            "17, 18: it goes on for as long as it is wanted, does nothing when nothing happens, and ends when cancelled"
        )
        func endsWell() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n1")
                try await stage.watching { stage in
                    let requests = stage.cluster.simulator.requestCount()
                    // Longer than any debounce, so that a loop that spins shows.
                    try await Task.sleep(for: .seconds(1))
                    #expect(stage.cluster.simulator.requestCount() <= requests + 3)
                    try stage.folder.write("a.js", "// A\n2")
                    #expect(try await stage.holds(["// A\n2"]))
                }
            }
        }

        @Test("7.8#8: it waits for a cluster that cannot be reached, and then pushes the last state")
        func unreachable() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n1")
                try await stage.watching { stage in
                    let fault = stage.cluster.simulator.inject(.disconnect, times: nil)
                    try stage.folder.write("a.js", "// A\n2")
                    #expect(
                        try await eventually {
                            stage.events.withLock { $0.contains { if case .waiting = $0 { true } else { false } } }
                        })
                    try stage.folder.write("a.js", "// A\n3")
                    stage.cluster.simulator.removeFault(fault)
                    #expect(try await stage.holds(["// A\n3"]))
                    #expect(
                        try await eventually {
                            stage.events.withLock { $0.contains { if case .recovered = $0 { true } else { false } } }
                        })
                }
            }
        }

        @Test("7.8#5: a folder that is not there is no reason to remove its scripts")
        func missingFolder() async throws {
            try await SyncStage.run { stage in
                try stage.folder.makeFolder("scripts")
                try stage.folder.write("scripts/a.js", "// A\n")
                let options = stage.options([stage.folder.at("scripts")])
                #expect(try await stage.sync { $0.folders = options.folders }.once())
                try stage.folder.move("scripts", to: "elsewhere")
                let isGood = try await stage.sync { $0.folders = options.folders }.once()
                #expect(!isGood)
                #expect(try await stage.codes() == [0: "// A\n"])
            }
        }

        @Test("8.2#9: a script that is too large is named, and the others go on")
        func tooLarge() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n" + String(repeating: "\"", count: 600_000))
                try stage.folder.write("b.js", "// B\n")
                let isGood = try await stage.sync().once()
                #expect(!isGood)
                #expect(Set(stage.told) == ["broken a.js", "created b.js"])
                #expect(stage.steps.contains { $0.explanation?.contains("takes 1200") == true })
                #expect(try await stage.cluster.scripts().scripts.map(\.title) == ["B"])
            }
        }

        @Test("8.2#11, #12: env goes to the secret, once, and is in no event")
        func environment() async throws {
            try await SyncStage.run { stage in
                let environment = ScriptEnvironment(["PASSWORD": "hunter2"])
                for _ in 0..<2 {
                    let sync = stage.sync {
                        $0.environment = environment
                        $0.environmentSources = [EnvironmentSource(secretName: "aws")]
                    }
                    let isGood = try await sync.once()
                    #expect(isGood)
                }
                #expect(try await stage.cluster.store().environment() == environment)
                #expect(stage.cluster.simulator.requestCount(verb: "create", resource: "secrets") == 1)
                #expect(stage.cluster.simulator.requestCount(verb: "update", resource: "secrets") == 0)
                #expect(!stage.cluster.data().values.contains { $0.contains("hunter2") })
                #expect(
                    stage.cluster.data()[ConfigMapKey.environmentSources]
                        == #"[{"secretRef":{"name":"aws","optional":false},"prefix":""}]"#)
                #expect(stage.events.withLock { !"\($0)".contains("hunter2") && "\($0)".contains("PASSWORD") })
            }
        }
    }
}
