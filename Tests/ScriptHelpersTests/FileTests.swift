import Glibc
import Subprocess
import Testing

@testable import ScriptHelpers

@Suite("file")
struct FileTests {
    @Test("files are written, appended to, read, moved, copied, listed and deleted, below the data folder")
    func operations() async throws {
        let lines = try await HelperBench.run(
            #"""
            file.write("/a.txt", "one");
            file.append("a.txt", " two");
            file.append("new.txt", "x");
            file.mkdir("d/e/f");
            file.mkdir("d/e");
            file.copy("a.txt", "d");
            file.move("new.txt", "d/e");
            console.log(file.read("d/a.txt"), file.size("a.txt"), file.exists("new.txt"), file.exists("d/e/new.txt"));
            console.log(file.list(), file.list("d"));
            file.delete("d"); file.delete("d"); file.delete("nowhere/at/all");
            file.write("a.txt", "ü");
            console.log(file.list(""), file.read("a.txt"), file.size("a.txt"));
            var t = file.temp("n", "", ""), u = file.temp("n", "", "json"), m = file.mkdirTemp("dir");
            console.log(/^n\d+\.txt$/.test(t), /^n\d+\.json$/.test(u), /^dir\d+$/.test(m), /^\d+$/.test(file.mkdirTemp()),
                file.exists(t), file.list(m));
            """#)
        #expect(
            lines == [
                "one two 7 false true", #"["a.txt","d/"] ["a.txt","e/"]"#,
                #"["a.txt"] ü 2"#, "true true true true true []",
            ])
    }

    @Test("errors have the operating system's words, the script's path, and a code")
    func errors() async throws {
        let lines = try await HelperBench.run(
            #"""
            function t(f) { try { f(); console.log("done"); } catch (e) { console.log(e.code, e.message); } }
            t(function () { file.read("missing.txt"); });
            t(function () { file.write("no/dir/x", "1"); });
            t(function () { file.move("gone", "b"); });
            t(function () { file.write("../x", "1"); });
            t(function () { file.read("a/../../etc/passwd"); });
            t(function () { file.delete("/"); });
            t(function () { file.delete("."); });
            t(function () { file.write(".remora/x", "1"); });
            t(function () { file.mkdir("d"); file.read("d"); });
            t(function () { file.write("f", ""); file.read("f/g"); });
            t(function () { file.tar("f"); });
            t(function () { file.temp("../../x", "", ""); });
            t(function () { file.write("a\u0000b", ""); });
            t(function () { file.write("f"); });
            """#)
        #expect(
            lines == [
                "ENOENT open missing.txt: no such file or directory", "ENOENT open no/dir/x: no such file or directory",
                "ENOENT rename gone: no such file or directory", "EACCES path escapes the data directory: ../x",
                "EACCES path escapes the data directory: a/../../etc/passwd",
                "EACCES delete /: this is the data directory itself",
                "EACCES delete .: this is the data directory itself",
                "EACCES open .remora/x: this folder is Remora's own", "EISDIR open d: is a directory",
                "ENOTDIR open f/g: not a directory", "ENOTDIR open f: not a directory",
                "EACCES path escapes the data directory: ../../x.txt",
                "EACCES path escapes the data directory: a\\0b",
                "undefined file.write: argument 2 (content) is missing: give a text",
            ])
    }

    @Test("no link leads out of the data folder, wherever it stands in the path")
    func links() async throws {
        let bench = try HelperBench()
        let data = bench.folder + "/data"
        #expect(symlink("/etc", data + "/etc") == 0)
        #expect(symlink("/etc/passwd", data + "/passwd") == 0)
        #expect(symlink("inner", data + "/loop") == 0)
        #expect(mkdir(bench.folder + "/outside", 0o755) == 0)
        #expect(symlink(bench.folder + "/outside", data + "/out") == 0)
        try await bench.load(
            #"""
            function t(f) { try { console.log("done", f()); } catch (e) { console.log(e.code, e.message); } }
            t(function () { return file.read("etc/passwd"); });
            t(function () { return file.read("passwd"); });
            t(function () { return file.list("etc"); });
            t(function () { file.write("out/x", "1"); });
            t(function () { file.append("loop", "1"); });
            t(function () { file.mkdir("out/y"); });
            t(function () { file.copy("passwd", "stolen"); });
            t(function () { file.write("mine", "1"); file.move("mine", "out"); });
            t(function () { file.tar("."); });
            t(function () { file.delete("out"); });
            """#)
        #expect(
            bench.console == [
                "EACCES path escapes the data directory: etc/passwd", "EACCES path escapes the data directory: passwd",
                "EACCES path escapes the data directory: etc", "EACCES path escapes the data directory: out/x",
                "EACCES path escapes the data directory: loop", "EACCES path escapes the data directory: out/y",
                "EACCES path escapes the data directory: passwd", "done undefined",
            ] + Array(bench.console.dropFirst(8)))
        #expect(bench.console.count == 10)
        // The link was replaced by the file, and deleting it leaves alone what it led to.
        let outside = try await Subprocess.run(
            .name("ls"), arguments: ["-A", bench.folder + "/outside"], output: .string(limit: 4096))
        #expect(outside.standardOutput == "")
        await bench.end()
    }

    @Test("an archive has the regular files of a folder, long names too, and tar reads it")
    func archive() async throws {
        let bench = try HelperBench()
        let long = String(repeating: "very-long-name-", count: 9)
        try await bench.load(
            """
            file.mkdir("d/e");
            file.write("d/a.txt", "A");
            file.write("d/e/\(long)", "B");
            var big = ""; for (var i = 0; i < 1000; i++) big += "0123456789";
            file.write("d/big", big);
            var first = file.tar("d"), second = file.tar("d");
            console.log(first);
            console.log(first !== second, /^kubeshark_\\d+(_1)?\\.tar\\.gz$/.test(second));
            """)
        #expect(bench.console.last == "true true")
        let name = try #require(bench.console.first)
        let result = try await Subprocess.run(
            .name("sh"),
            arguments: [
                "-c",
                "cd \"$1\" && mkdir x && tar xzf \"data/$2\" -C x && cd x && find . -type f | sort && cat a.txt e/* && wc -c < big",
                "sh", bench.folder, name,
            ], output: .string(limit: 65536), error: .string(limit: 65536))
        #expect(result.standardError == "")
        #expect(result.standardOutput == "./a.txt\n./big\n./e/\(long)\nAB10000\n")
        await bench.end()
    }

    @Test("the quota holds for writes, copies and archives, and what was deleted counts no more")
    func quota() async throws {
        let lines = try await HelperBench.run(
            #"""
            var text = ""; for (var i = 0; i < 1024; i++) text += "x";
            var n = 0;
            try { for (;;) { file.write("f" + n, text); n++; } } catch (e) { console.log(n, e.code); }
            try { file.copy("f0", "copy"); } catch (e) { console.log(e.message); }
            """#
        ) { $0.dataQuota = 10 << 10 }
        #expect(
            lines == [
                "10 EDQUOT",
                "write copy: the data directory would exceed its quota of 10240 bytes: delete what was uploaded",
            ])
        let bench = try HelperBench { $0.dataQuota = 2000 }
        try await bench.load(
            """
            var text = ""; for (var i = 0; i < 1500; i++) text += "x";
            for (var j = 0; j < 5; j++) { file.write("f", text); file.delete("f"); }
            file.write("g", text);
            file.write("g", text.slice(0, 400));
            file.write("h", text);
            console.log("fits");
            """)
        #expect(bench.console == ["fits"])
        await bench.end()
    }
}
