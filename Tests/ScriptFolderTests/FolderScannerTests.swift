import FoundationEssentials
import Glibc
import Testing

@testable import ScriptFolder

@Suite("Reading folders of scripts")
struct FolderScannerTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func scan(
        _ paths: String..., recursive: Bool = false, _ configure: (inout ScriptFolderLimits) -> Void = { _ in }
    ) -> ScriptFolderScan {
        var limits = ScriptFolderLimits()
        configure(&limits)
        return FolderScanner(paths.map { ScriptSource(path: $0, isRecursive: recursive) }, limits: limits).scan()
    }

    @Test("only scripts are read, in the order of their names, and not what lies deeper")
    func names() throws {
        for name in ["b.js", "a.js", ".hidden.js", "a.js~", ".a.js.swp", "foojs", "notes.txt", ".js"] {
            try folder.write(name, name)
        }
        try folder.makeFolder("deeper")
        try folder.write("deeper/c.js", "c")
        try folder.makeFolder("folder.js")
        let scan = scan(folder.path)
        #expect(scan.files.map(\.identity.path) == ["a.js", "b.js"])
        #expect(scan.files.map(\.text) == ["a.js", "b.js"])
        #expect(scan.problems.isEmpty)
    }

    @Test("a recursive source reads folders inside it, but follows no link to a folder")
    func recursion() throws {
        try folder.makeFolder("x/y")
        try folder.write("a.js", "")
        try folder.write("x/y/b.js", "")
        try folder.link("x/circle", to: folder.path)
        let scan = scan(folder.path, recursive: true)
        #expect(scan.files.map(\.identity.path) == ["a.js", "x/y/b.js"])
        #expect(scan.files.map(\.identity.location) == [folder.at("a.js"), folder.at("x/y/b.js")])
    }

    @Test("a source can be a file, and a file that two sources have is one script")
    func files() throws {
        try folder.write("a.js", "// Title\n")
        try folder.write("b.js", "")
        let scan = scan(folder.at("a.js"), folder.path)
        #expect(scan.files.map(\.identity.path) == ["a.js", "b.js"])
        #expect(scan.files.map(\.title) == ["Title", "b"])
        #expect(scan.files.first?.identity.source == folder.at("a.js"))
    }

    @Test("links to files are followed, as in a mounted config map")
    func links() throws {
        try folder.makeFolder("..2026")
        try folder.write("..2026/a.js", "1")
        try folder.link("..data", to: "..2026")
        try folder.link("a.js", to: "..data/a.js")
        try folder.link("gone.js", to: "nowhere.js")
        let scan = scan(folder.path)
        #expect(scan.files.map(\.text) == ["1"])
        #expect(
            scan.problems == [
                ScriptFolderProblem(path: folder.at("gone.js"), text: "is a link to a file that is not there")
            ])
    }

    @Test("what cannot be read is named with the reason")
    func problems() throws {
        try folder.write("large.js", String(repeating: "x", count: 3000))
        try Data([0x2f, 0x2f, 0xff, 0xfe]).write(to: URL(filePath: folder.at("latin.js")))
        try folder.write("fine.js", "")
        try folder.write("notes.txt", "")
        let scan = scan(folder.path, folder.at("missing"), folder.at("notes.txt")) { $0.fileBytes = 2048 }
        #expect(scan.files.map(\.identity.path) == ["fine.js"])
        #expect(scan.unreadable.map(\.path).sorted() == ["large.js", "latin.js"])
        #expect(
            scan.problems == [
                ScriptFolderProblem(
                    path: folder.at("large.js"), text: "has more than 2 KiB, more than a config map can hold"),
                ScriptFolderProblem(path: folder.at("latin.js"), text: "is not UTF-8: save it with that encoding"),
                ScriptFolderProblem(path: folder.at("missing"), text: "no such file or directory"),
                ScriptFolderProblem(
                    path: folder.at("notes.txt"), text: "is no script: its name does not end in .js"),
            ])
    }

    @Test("a wrong folder with very many files is read up to the limit, and says so once")
    func count() throws {
        for number in 10..<20 { try folder.write("\(number).js", "") }
        let scan = scan(folder.path) { $0.files = 4 }
        #expect(scan.files.map(\.identity.path) == ["10.js", "11.js", "12.js", "13.js"])
        #expect(
            scan.problems.map(\.text) == [
                "has more than 4 scripts; the rest is not read: is it the right folder?"
            ])
    }

    @Test("a pipe with a script's name does not hold the reader")
    func pipe() throws {
        #expect(mkfifo(folder.at("pipe.js"), 0o600) == 0)
        try folder.write("z.js", "z")
        let scan = scan(folder.path)
        #expect(scan.files.map(\.text) == ["z"])
        #expect(scan.problems.map(\.text) == ["is no regular file"])
    }
}
