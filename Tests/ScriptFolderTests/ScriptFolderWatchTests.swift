import FoundationEssentials
import Glibc
import ScriptFolder
import Testing

/// Waits for changes, not for times: a loaded machine only makes these tests slower.
@Suite("Watching folders of scripts", .timeLimit(.minutes(2)))
struct ScriptFolderWatchTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func watch(_ sources: [String]? = nil, recursive: Bool = false) -> ScriptFolderWatch.Iterator {
        var limits = ScriptFolderLimits()
        // No test may pass because of the rescan.
        limits.rescanInterval = .seconds(3600)
        limits.deletionGrace = .milliseconds(400)
        return ScriptFolderWatch(
            (sources ?? [folder.path]).map { ScriptSource(path: $0, isRecursive: recursive) }, limits: limits
        ).makeAsyncIterator()
    }

    /// Each change as the file's path and its text, or a minus for one that is gone.
    func next(_ iterator: inout ScriptFolderWatch.Iterator) async -> [String] {
        (await iterator.next()?.changes ?? []).map { change in
            switch change {
            case .added(let file): "+\(file.identity.path) \(file.text)"
            case .changed(let file): "\(file.identity.path) \(file.text)"
            case .removed(let identity): "-\(identity.path)"
            }
        }
    }

    @Test("an empty folder gives an empty update, and then each file as it comes, changes and goes")
    func life() async throws {
        var iterator = watch()
        #expect(await next(&iterator) == [])
        try folder.write("a.js", "1")
        #expect(await next(&iterator) == ["+a.js 1"])
        try folder.write("a.js", "2")
        #expect(await next(&iterator) == ["a.js 2"])
        try folder.save("a.js", "3")
        #expect(await next(&iterator) == ["a.js 3"])
        try folder.replace("b.js", with: "a.js")
        #expect(await next(&iterator) == ["+b.js 3"])
        #expect(await next(&iterator) == ["-a.js"])
        try folder.remove("b.js")
        #expect(await next(&iterator) == ["-b.js"])
    }

    @Test("saves without an edit, new rights and other files are no update")
    func noise() async throws {
        try folder.write("a.js", "1")
        var iterator = watch()
        #expect(await next(&iterator) == ["+a.js 1"])
        try folder.save("a.js", "1")
        #expect(chmod(folder.at("a.js"), 0o600) == 0)
        try folder.write("notes.txt", "n")
        try folder.write("a.js~", "0")
        // Were any of it an update, it would come before this one, or with it.
        try await Task.sleep(for: .milliseconds(600))
        try folder.write("z.js", "end")
        #expect(await next(&iterator) == ["+z.js end"])
    }

    @Test("an editor that moves the old file away first causes one change")
    func backup() async throws {
        try folder.write("a.js", "1")
        var iterator = watch()
        #expect(await next(&iterator) == ["+a.js 1"])
        try folder.replace("a.js~", with: "a.js")
        try folder.write("a.js", "2")
        #expect(await next(&iterator) == ["a.js 2"])
    }

    @Test("a mounted config map that is swapped causes one change")
    func configMap() async throws {
        for (version, text) in [("..1", "1"), ("..2", "2")] {
            try folder.makeFolder(version)
            try folder.write(version + "/a.js", text)
        }
        try folder.link("..data", to: "..1")
        try folder.link("a.js", to: "..data/a.js")
        var iterator = watch()
        #expect(await next(&iterator) == ["+a.js 1"])
        try folder.link("..data_tmp", to: "..2")
        try folder.replace("..data", with: "..data_tmp")
        #expect(await next(&iterator) == ["a.js 2"])
    }

    @Test("a single file is watched through its folder, also before it is there")
    func file() async throws {
        try folder.write("other.js", "0")
        var iterator = watch([folder.at("a.js")])
        let first = await iterator.next()
        #expect(first?.changes == [])
        #expect(first?.problems.map(\.text) == ["no such file or directory"])
        try folder.save("a.js", "1")
        #expect(await next(&iterator) == ["+a.js 1"])
        try folder.save("a.js", "2")
        #expect(await next(&iterator) == ["a.js 2"])
    }

    @Test("folders that come and go inside a recursive source are followed")
    func recursion() async throws {
        var iterator = watch(recursive: true)
        #expect(await next(&iterator) == [])
        try folder.makeFolder("x/y")
        try folder.write("x/y/a.js", "1")
        #expect(await next(&iterator) == ["+x/y/a.js 1"])
        try folder.write("x/y/a.js", "2")
        #expect(await next(&iterator) == ["x/y/a.js 2"])
        try folder.remove("x")
        #expect(await next(&iterator) == ["-x/y/a.js"])
    }

    @Test("a source that is deleted and made anew is followed again")
    func source() async throws {
        try folder.makeFolder("s")
        try folder.write("s/a.js", "1")
        var iterator = watch([folder.at("s")])
        #expect(await next(&iterator) == ["+a.js 1"])
        try folder.remove("s")
        // The folder is missing: a problem to tell, then the file's end.
        let missing = await iterator.next()
        #expect(missing?.problems.map(\.text) == ["no such file or directory"])
        #expect(await next(&iterator) == ["-a.js"])
        try folder.makeFolder("s")
        try folder.write("s/a.js", "2")
        #expect(await next(&iterator) == ["+a.js 2"])
        try folder.write("s/a.js", "3")
        #expect(await next(&iterator) == ["a.js 3"])
    }

    @Test("a slow consumer finds one update with the last state")
    func slow() async throws {
        var iterator = watch()
        #expect(await next(&iterator) == [])
        for number in 1...20 { try folder.save("a.js", "\(number)") }
        try folder.write("b.js", "b")
        try await Task.sleep(for: .milliseconds(500))
        try folder.save("a.js", "last")
        #expect(await next(&iterator) == ["+a.js last", "+b.js b"])
    }

    @Test("cancellation ends it")
    func cancellation() async throws {
        let watch = ScriptFolderWatch([ScriptSource(path: folder.path)])
        let task = Task {
            var count = 0
            for await _ in watch { count += 1 }
            return count
        }
        try await Task.sleep(for: .milliseconds(300))
        task.cancel()
        #expect(await task.value <= 1)
    }
}
