import JSON
import LocalRun
import Testing

@Suite("Settings of a run")
struct SettingsTests {
    func file(_ text: String) throws(RunRefusal) -> RunConfigurationFile {
        try RunConfigurationFile(Array(text.utf8), path: "c.yaml")
    }

    @Test("a configuration in upstream's form is read, and what else it has is passed over")
    func configuration() throws {
        let read = try file(
            """
            tap: { docker: { tag: latest } }
            scripting:
              env: { A: text, LIMIT: 10, FLAG: true }
              source: scripts
              sources: [more, one.js]
              recursive: true
              active: [Alert on 500, top dns]
            """)
        #expect(read.environment == ["A": "text", "LIMIT": 10, "FLAG": true])
        #expect(read.sources == ["scripts", "more", "one.js"])
        #expect(read.isRecursive)
        #expect(read.activeTitles == ["Alert on 500", "top dns"])
    }

    @Test(
        "what is missing or empty means the defaults",
        arguments: ["", "tap: {}", "scripting:", "scripting: {env: , source: '', active: []}"])
    func empty(text: String) throws {
        let read = try file(text)
        #expect(read.environment == [:])
        #expect(read.sources == [])
        #expect(read.activeTitles == nil)
    }

    @Test(
        "what is wrong is named",
        arguments: [
            ("- a", "c.yaml: is no mapping: it begins with \"scripting:\""),
            ("scripting: 5", "c.yaml: scripting is no mapping"),
            ("scripting: {env: [1]}", "c.yaml: scripting.env is no mapping of names to values"),
            ("scripting: {source: [a]}", "c.yaml: scripting.source is no path"),
            ("scripting: {sources: {a: b}}", "c.yaml: scripting.sources is no list of texts"),
            ("scripting: {active: [1]}", "c.yaml: scripting.active is no list of texts"),
            ("scripting: {recursive: often}", "c.yaml: scripting.recursive is neither true nor false"),
        ])
    func wrong(text: String, message: String) {
        #expect(throws: RunRefusal(message)) { try file(text) }
    }

    @Test("broken YAML is named with line and column")
    func syntax() {
        do {
            _ = try file("scripting:\n  env: {a")
            Issue.record("it was accepted")
        } catch {
            #expect(error.description.hasPrefix("c.yaml:"))
            #expect(error.description.split(separator: ":").count > 3)
        }
    }

    @Test("assignments split at the first =, and files may have comments, exports and quotes")
    func assignments() throws {
        let one = try EnvironmentAssignments.parse("URL=http://x/?a=b")
        #expect(one == ("URL", "http://x/?a=b"))
        let many = try EnvironmentAssignments.parse(
            file: "# tokens\nA=1\n\n  export B = x y \nC='it''s'\r\nD=\"q\"\nE=\n", path: "e")
        #expect(many.map(\.name) == ["A", "B ", "C", "D", "E"].map { $0.split(separator: " ").joined() })
        #expect(many.map(\.value) == ["1", "x y", "it''s", "q", ""])
    }

    @Test("what is no assignment is named")
    func noAssignment() {
        #expect(throws: RunRefusal("\"NAME\" is no assignment: write NAME=value")) {
            try EnvironmentAssignments.parse("NAME")
        }
        #expect(throws: RunRefusal("e:2: is no assignment: write NAME=value")) {
            try EnvironmentAssignments.parse(file: "A=1\n=2", path: "e")
        }
    }
}
