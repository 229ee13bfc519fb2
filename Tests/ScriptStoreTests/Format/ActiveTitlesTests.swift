import Testing

@testable import ScriptStore

/// Contract 7.3; defects 8.2#1 to #5.
@Suite("SCRIPTING_ACTIVE_SCRIPTS")
struct ActiveTitlesTests {
    @Test("8.2#1: a title that is part of another one is not active because of it, and an empty one never is")
    func substring() {
        let titles = ActiveTitles(parsing: "top dns,foobar")
        #expect(!titles.contains("dns"))
        #expect(!titles.contains("foo"))
        #expect(!titles.contains(""))
        #expect(!titles.contains("top dns,foobar"))
        #expect(titles.contains("top dns"))
        #expect(titles.contains("foobar"))
    }

    @Test("8.2#2: the space that upstream keeps before a title does not count")
    func leadingSpace() {
        #expect(ActiveTitles(parsing: "Foo").contains(" Foo"))
        #expect(ActiveTitles(parsing: " Foo , Bar").contains("Foo"))
        #expect(ActiveTitles(parsing: " Foo , Bar").titles == ["Foo", "Bar"])
    }

    @Test(
        "8.2#3: a comma in a title is written so that it is read back", arguments: ["a,b", ",", "\\", "a\\", "a\\,b"])
    func comma(title: String) {
        let titles = ActiveTitles([title, "other"])
        #expect(ActiveTitles(parsing: titles.text).titles == [title, "other"])
    }

    @Test("what upstream writes is read: no escapes, empty parts, repeats")
    func upstream() {
        #expect(ActiveTitles(parsing: nil).titles == [])
        #expect(ActiveTitles(parsing: "").titles == [])
        #expect(ActiveTitles(parsing: ",, a ,a,").titles == ["a"])
        #expect(ActiveTitles(parsing: "C:\\dir,b\\").titles == ["C:\\dir", "b\\"])
    }

    private func set(_ scripts: String, active: String) throws -> ScriptSet {
        try ScriptSet(data: [ConfigMapKey.scripts: scripts, ConfigMapKey.activeScripts: active])
    }

    @Test("8.2#4: a script that is switched off leaves the list, whatever spaces stand there")
    func noStaleTitles() throws {
        var set = try set(#"{"0":{"title":" Foo","code":"","active":true}}"#, active: "  Foo")
        set.change(0) { $0.isActive = false }
        #expect(set.data[ConfigMapKey.activeScripts] == "")
        set.remove(0)
        #expect(set.data[ConfigMapKey.activeScripts] == "")
    }

    @Test("8.2#5: activity is written to both places from one truth, the member of the script")
    func oneTruth() throws {
        var set = try set(
            #"{"0":{"title":"a","code":"","active":true},"1":{"title":"b","code":"","active":false}}"#,
            active: "b,not there yet")
        #expect(set.scripts.filter(\.isActive).map(\.title) == ["a"])
        set.change(0) { $0.code = "changed" }
        #expect(set.data[ConfigMapKey.activeScripts] == "not there yet,a")
    }

    @Test("the list decides for scripts that are created, exactly and trimmed")
    func initialActivity() throws {
        let set = try set("{}", active: "Alert on 500,top dns")
        #expect(set.isInitiallyActive(title: " Alert on 500"))
        #expect(!set.isInitiallyActive(title: "dns"))
    }

    @Test("of two scripts of one title the list keeps the title while one of them is active")
    func equalTitles() throws {
        var set = try set(
            #"{"0":{"title":"a","code":"","active":true},"1":{"title":"a","code":"","active":true}}"#, active: "a")
        set.change(1) { $0.isActive = false }
        #expect(set.activeTitles.titles == ["a"])
        set.change(0) { $0.isActive = false }
        #expect(set.activeTitles.titles == [])
    }

    @Test("a script that gets another title takes its place in the list along")
    func renamed() throws {
        var set = try set(#"{"0":{"title":"a","code":"","active":true}}"#, active: "a")
        set.change(0) { $0.title = "b" }
        #expect(set.activeTitles.titles == ["b"])
    }
}
