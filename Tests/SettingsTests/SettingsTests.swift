import JSON
import Testing

@testable import Settings

/// Contract 9.1.
@Suite("Settings")
struct SettingsTests {
    private func settings(_ arguments: String..., file: String = "") throws -> EffectiveSettings {
        var settings = EffectiveSettings()
        try settings.merge(file: Array(file.utf8), path: "config.yaml")
        var assignments: [SettingAssignment] = []
        for argument in arguments { assignments.append(try SettingAssignment(set: argument)) }
        try settings.apply(assignments)
        return settings
    }

    private func message(_ arguments: String..., file: String = "") -> String {
        do {
            var settings = EffectiveSettings()
            try settings.merge(file: Array(file.utf8), path: "config.yaml")
            for argument in arguments { try settings.apply([try SettingAssignment(set: argument)]) }
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test("defaults are upstream's")
    func defaults() {
        let settings = EffectiveSettings()
        #expect(settings.flag("scripting.watchScripts"))
        #expect(settings.flag("scripting.console"))
        #expect(!settings.flag("scripting.enabled"))
        #expect(settings["scripting.env"] == [:])
        #expect(settings.texts("scripting.sources") == [])
    }

    @Test("a file of upstream is read, its other sections kept, and flags win over it")
    func file() throws {
        let file = """
            tap:
                docker: {tag: v52.3}
                release: {namespace: kubeshark}
            license: abc
            scripting:
                env:
                    SLACK_WEBHOOK: "https://hooks"
                    LIMIT: 10
                    FLAG: true
                source: ./scripts
                sources: [a, b]
                active: [Alert on 500, 404]
                watchScripts: false
                console:
            """
        let settings = try settings("scripting.watchScripts=1", "scripting.source=/s", file: file)
        #expect(settings["scripting.env"] == ["SLACK_WEBHOOK": "https://hooks", "LIMIT": 10, "FLAG": true])
        #expect(settings.text("scripting.source") == "/s")
        #expect(settings.texts("scripting.sources") == ["a", "b"])
        #expect(settings.texts("scripting.active") == ["Alert on 500", "404"])
        #expect(settings.flag("scripting.watchScripts"))
        #expect(settings.flag("scripting.console"))
        #expect(settings.text("tap.release.namespace") == "kubeshark")
        #expect(settings["tap.docker.tag"] == "v52.3")
        #expect(settings.warnings == [])
    }

    @Test("8.1#12: elements of lists can be set, as upstream's documentation has it")
    func elements() throws {
        #expect(try settings("scripting.sources[0]=x").texts("scripting.sources") == ["x"])
        #expect(
            try settings("scripting.sources[1]=x", file: "scripting: {sources: [a, b, c]}").texts("scripting.sources")
                == ["a", "x", "c"])
        #expect(
            try settings("scripting.sources[0]=x", "scripting.sources[1]=y").texts("scripting.sources") == ["x", "y"])
        #expect(
            try settings("scripting.sources[0]=null", file: "scripting: {sources: [a, b]}")
                .texts("scripting.sources") == ["b"])
    }

    @Test("lists: one value, the same key again, braces, appended; commas stay")
    func lists() throws {
        #expect(try settings("scripting.active=a,b").texts("scripting.active") == ["a,b"])
        #expect(try settings("scripting.active=a", "scripting.active=b").texts("scripting.active") == ["a", "b"])
        #expect(try settings("scripting.active={a,b\\,c,}").texts("scripting.active") == ["a", "b,c", ""])
        #expect(try settings("scripting.active={}", file: "scripting: {active: [a]}").texts("scripting.active") == [])
        #expect(
            try settings("scripting.active+=b", "scripting.active+=c", file: "scripting: {active: [a]}")
                .texts("scripting.active") == ["a", "b", "c"])
        #expect(
            try settings("scripting.active=b", file: "scripting: {active: [a]}").texts("scripting.active") == ["b"])
    }

    @Test("members of maps are created, with dots and equals signs in names and values")
    func maps() throws {
        let settings = try settings("scripting.env.A=1=2", #"scripting.env.b\.c\=d=x"#, "scripting.env.N.M=y")
        #expect(settings["scripting.env"] == ["A": "1=2", "b.c=d": "x", "N": ["M": "y"]])
        #expect(
            try self.settings("scripting.env.A=null", file: "scripting: {env: {A: 1, B: 2}}")["scripting.env"]
                == ["B": 2])
        #expect(
            try self.settings("scripting.source=null", file: "scripting: {source: a}").text("scripting.source") == "")
    }

    @Test("JSON and files can be given")
    func jsonAndFiles() throws {
        var settings = EffectiveSettings()
        try settings.apply([
            try SettingAssignment(setJSON: #"scripting.env={"A":{"b":[1]}}"#),
            try SettingAssignment(setJSON: #"scripting.envFrom=[{"secretRef":{"name":"aws"}}]"#),
            try SettingAssignment(setFile: "scripting.env.KEY=/k") { path in "text of \(path)" },
        ])
        #expect(settings["scripting.env"] == ["A": ["b": [1]], "KEY": "text of /k"])
        #expect(settings["scripting.envFrom"] == [["secretRef": ["name": "aws"]]])
    }

    @Test(
        "what is wrong is said with the key and what it wants",
        arguments: [
            (
                "scripting.sauce=x",
                "there is no setting scripting.sauce; did you mean scripting.source?; see all with: remora config"
            ),
            ("nothing.at.all=x", "there is no setting nothing.at.all; see all with: remora config"),
            (
                "scripting.watchScripts=maybe",
                "scripting.watchScripts wants true or false (--set scripting.watchScripts)"
            ),
            ("scripting=x", "scripting wants the name of a setting in it, such as scripting.source (--set scripting)"),
            ("scripting.source[0]=x", "scripting.source[0] wants a text (--set scripting.source[0])"),
            ("scripting.source+=x", "scripting.source wants a text (--set scripting.source)"),
            ("scripting.source", "--set scripting.source: wants key=value"),
            ("scripting..source=x", "--set scripting..source: a name is missing in the key"),
            ("scripting.sources[x]=x", "--set scripting.sources[x]: in brackets stands a number from 0 to 999"),
            (
                "scripting.sources[1000000000]=x",
                "--set scripting.sources[1000000000]: in brackets stands a number from 0 to 999"
            ),
            ("scripting.sources[0=x", "--set scripting.sources[0: a bracket is not closed"),
            ("=x", "--set : a name is missing in the key"),
        ])
    func refusals(argument: String, text: String) { #expect(message(argument) == text) }

    @Test("a file that is not valid is refused, without quoting what may be a secret")
    func invalidFile() {
        #expect(message(file: "scripting: [").hasPrefix("the configuration file config.yaml is not valid: line "))
        #expect(message(file: "- a").contains("it is not a mapping of settings"))
        #expect(
            message(file: "scripting: {active: {a: hunter2}}")
                == "scripting.active wants a text or a list of texts (config.yaml)")
    }

    @Test("a key of a file that nobody knows is a warning")
    func unknownFileKey() throws {
        let settings = try settings(file: "scripting: {sourcs: a}\nwhat: 1\n")
        #expect(
            settings.warnings == [
                "config.yaml: there is no setting scripting.sourcs (did you mean scripting.source?); it is passed over",
                "config.yaml: there is no setting what; it is passed over",
            ])
    }

    @Test("what is printed hides the values of env, and can be read again")
    func printed() throws {
        let settings = try settings("scripting.env.PASSWORD=hunter2", "license=l1cense")
        let text = String(decoding: settings.yaml(showingSecrets: false), as: UTF8.self)
        #expect(!text.contains("hunter2") && !text.contains("l1cense") && text.contains("PASSWORD"))
        var again = EffectiveSettings()
        try again.merge(file: settings.yaml(showingSecrets: true), path: "x")
        #expect(again.values == settings.values)
    }

    @Test("the first file that there is counts: named, local, in the home folder")
    func files() throws {
        let home = try SettingsFolder()
        let work = try SettingsFolder()
        func found(_ name: String? = nil) throws -> SettingsFile {
            try SettingsFile.find(named: name, workingFolder: work.path, homeFolder: home.path)
        }
        #expect(try found() == SettingsFile(path: home.path + "/.kubeshark/config.yaml", bytes: nil))
        try SettingsFile.writeDefaults(to: home.path + "/.kubeshark/config.yaml")
        #expect(try found().bytes == EffectiveSettings().yaml(showingSecrets: true))
        try work.write("kubeshark.yaml", "a: 1")
        #expect(try found().bytes == Array("a: 1".utf8))
        try work.write("mine.yaml", "b: 1")
        #expect(try found(work.path + "/mine.yaml").bytes == Array("b: 1".utf8))
        #expect(throws: SettingsError.unreadable(path: "/no/such", reason: "no such file")) { try found("/no/such") }
        // What was there is kept.
        try SettingsFile.writeDefaults(to: work.path + "/mine.yaml")
        #expect(try found(work.path + "/mine.yaml.old").bytes == Array("b: 1".utf8))
    }
}
