import Glibc
import Testing

@testable import ScriptStore

extension ClusterTests {
    /// What editors and tools do to files: anchors B5.
    @Suite("Editors' habits")
    struct EditorHabitTests {
        @Test("Emacs: lock link, auto-save and backup are no scripts")
        func emacs() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n1")
                try await stage.watching { stage in
                    try stage.folder.link(".#a.js", to: "ann@host.1234:1")
                    try stage.folder.write("#a.js#", "// half")
                    try stage.folder.move("a.js", to: "a.js~")
                    try stage.folder.write("a.js", "// A\n2")
                    try stage.folder.remove("#a.js#")
                    try stage.folder.remove(".#a.js")
                    #expect(try await stage.holds(["// A\n2"]))
                }
                #expect(Set(stage.told) == ["created a.js", "updated a.js"])
            }
        }

        @Test("sed -i, and rename over the old file")
        func replaced() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n1")
                try await stage.watching { stage in
                    for i in 2...6 {
                        try stage.folder.write("sedXy12\(i)", "// A\n\(i)")
                        try stage.folder.move("sedXy12\(i)", to: "a.js")
                    }
                    #expect(try await stage.holds(["// A\n6"]))
                }
                #expect(try await stage.cluster.scripts().nextIndex == 1)
            }
        }

        @Test("removed and made again at once keeps index and activity")
        func removedAndMade() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n1")
                try await stage.watching({ $0.activeTitles = ActiveTitles(["A"]) }) { stage in
                    try stage.folder.remove("a.js")
                    try await Task.sleep(for: .milliseconds(120))
                    try stage.folder.write("a.js", "// A\n2")
                    #expect(try await stage.holds(["// A\n2"]))
                }
                let script = try #require(try await stage.cluster.scripts().scripts.first)
                #expect(script.index == 0 && script.isActive)
            }
        }

        @Test("git checkout of 500 files is one write, or a few")
        func checkout() async throws {
            try await SyncStage.run { stage in
                for i in 0..<500 { try stage.folder.write("s\(i).js", "// S\(i)\nold") }
                #expect(try await stage.sync().once())
                #expect(stage.cluster.writes == 1)
                try await stage.watching { stage in
                    for i in 0..<500 {
                        switch i % 5 {
                        case 0: try stage.folder.remove("s\(i).js")
                        case 1: try stage.folder.move("s\(i).js", to: "moved\(i).js")
                        default:
                            try stage.folder.remove("s\(i).js")
                            try stage.folder.write("s\(i).js", "// S\(i)\nnew")
                        }
                    }
                    #expect(
                        try await eventually {
                            let scripts = try await stage.cluster.scripts().scripts
                            return scripts.count == 400 && scripts.count { $0.code.hasSuffix("new") } == 300
                                && scripts.count { $0.origin?.path.hasPrefix("moved") == true } == 100
                        })
                    #expect(stage.cluster.writes <= 6)
                }
                // The renamed ones kept their indexes.
                let scripts = try await stage.cluster.scripts()
                #expect(scripts.nextIndex == 500)
            }
        }

        @Test("a folder behind a link is followed")
        func linkedFolder() async throws {
            try await SyncStage.run { stage in
                try stage.folder.makeFolder("real")
                try stage.folder.link("link", to: stage.folder.at("real"))
                let options = stage.options([stage.folder.at("link")])
                try await stage.watching({ $0.folders = options.folders }) { stage in
                    try stage.folder.write("real/a.js", "// A\n")
                    #expect(try await stage.holds(["// A\n"]))
                }
            }
        }

        @Test("line ends and byte order marks stay as they are, and the title is found behind them")
        func bytes() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "\u{feff}// A\r\nvar x = 1;\r\n")
                #expect(try await stage.sync().once())
                let script = try #require(try await stage.cluster.scripts().scripts.first)
                #expect(script.title == "A")
                #expect(Array(script.code.utf8) == Array("\u{feff}// A\r\nvar x = 1;\r\n".utf8))
            }
        }

        @Test("an edit that only changes Unicode normalization is an edit")
        func normalization() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n'\u{e9}'")
                try await stage.watching { stage in
                    try stage.folder.write("a.js", "// A\n'e\u{301}'")
                    #expect(
                        try await eventually {
                            try await Array((stage.codes()[0] ?? "").utf8) == Array("// A\n'e\u{301}'".utf8)
                        })
                }
            }
        }

        @Test("a file that is not UTF-8 is told, and the version before stays, also after a restart")
        func invalidUTF8() async throws {
            try await SyncStage.run { stage in
                try stage.folder.write("a.js", "// A\n1")
                #expect(try await stage.sync().once())
                try stage.folder.write("a.js", bytes: Array("// A\n".utf8) + [0xff, 0xfe])
                let isGood = try await stage.sync().once()
                #expect(!isGood)
                #expect(try await stage.codes() == [0: "// A\n1"])
                #expect(
                    stage.events.withLock {
                        $0.contains {
                            if case .folderProblem(let problem) = $0 { "\(problem)".contains("UTF-8") } else { false }
                        }
                    })
            }
        }

        @Test("names that no config-map key could have are paths like others")
        func names() async throws {
            try await SyncStage.run { stage in
                for name in ["mit Leerzeichen.js", "ünï.js", "a:b*?.js", String(repeating: "x", count: 250) + ".js"] {
                    try stage.folder.write(name, "x()")
                }
                #expect(try await stage.sync().once())
                #expect(try await stage.cluster.scripts().scripts.count == 4)
                for _ in 0..<2 { #expect(try await stage.sync().once()) }
                #expect(stage.cluster.writes == 1)
            }
        }

        @Test("three tools on three folders at once: every file arrives, none disturbs another")
        func manyTools() async throws {
            try await SyncStage.run { stage in
                for tool in 0..<3 { try stage.folder.makeFolder("t\(tool)") }
                let syncs = (0..<3).map { tool in
                    let options = stage.options([stage.folder.at("t\(tool)")])
                    return stage.sync { $0.folders = options.folders }
                }
                let tasks = syncs.map { sync in Task { await sync.watch() } }
                for i in 0..<10 {
                    for tool in 0..<3 { try stage.folder.write("t\(tool)/\(i).js", "// t\(tool)\n\(i)") }
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(try await eventually { try await stage.cluster.scripts().scripts.count == 30 })
                for tool in 0..<3 { for i in 0..<5 { try stage.folder.remove("t\(tool)/\(i).js") } }
                #expect(try await eventually { try await stage.cluster.scripts().scripts.count == 15 })
                for task in tasks { task.cancel() }
                for task in tasks { await task.value }
                let scripts = try await stage.cluster.scripts().scripts
                #expect(Set(scripts.compactMap { $0.origin?.path }) == Set((5..<10).map { "\($0).js" }))
            }
        }
    }
}
