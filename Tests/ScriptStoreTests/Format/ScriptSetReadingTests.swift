import JSON
import OrderedCollections
import Testing

@testable import ScriptStore

/// Contract 7.2; defect 8.2#8.
@Suite("Reading SCRIPTING_SCRIPTS")
struct ScriptSetReadingTests {
    private func read(_ text: String) throws -> ScriptSet { try ScriptSet(data: [ConfigMapKey.scripts: text]) }

    @Test(
        "8.2#8: a missing key, an empty text, white space, null and {} are no scripts",
        arguments: ["", " \n", "null", "{}"])
    func empty(text: String) throws {
        #expect(try read(text) == ScriptSet())
        #expect(try read(text).nextIndex == 0)
        #expect(try ScriptSet(data: [:]) == ScriptSet())
    }

    @Test("what upstream writes is read, with gaps and its order of keys")
    func upstream() throws {
        let text = """
            {"0":{"title":" Alert on 500","code":"// Alert on 500\\nfunction onItemCaptured(data) {\\n}\\n","active":true},\
            "10":{"title":"top dns","code":"//top dns\\n","active":false},"2":{"title":"","code":"","active":false}}
            """
        let set = try read(text)
        #expect(
            set.scripts == [
                StoredScript(
                    index: 0, title: " Alert on 500", code: "// Alert on 500\nfunction onItemCaptured(data) {\n}\n",
                    isActive: true),
                StoredScript(index: 2, title: "", code: "", isActive: false),
                StoredScript(index: 10, title: "top dns", code: "//top dns\n", isActive: false),
            ])
        #expect(set.problems == [])
        #expect(set.nextIndex == 11)
        #expect(set.scripts(titled: "Alert on 500 ").map(\.index) == [0])
        #expect(set[10]?.trimmedTitle == "top dns")
        #expect(set[1] == nil)
    }

    @Test("members that are not known are preserved, and null members are missing ones")
    func unknownMembers() throws {
        let text = #"{"3":{"title":null,"code":"c","active":null,"owner":{"team":["a"]},"source":"mine"}}"#
        let set = try read(text)
        #expect(
            set.scripts == [
                StoredScript(
                    index: 3, title: "", code: "c", isActive: false,
                    otherMembers: ["owner": ["team": ["a"]], "source": "mine"])
            ])
        #expect(
            set.data[ConfigMapKey.scripts]
                == #"{"3":{"title":"","code":"c","active":false,"owner":{"team":["a"]},"source":"mine"}}"#)
    }

    @Test("an entry that is no script is named with its place, kept, and does not hide the others")
    func entryProblems() throws {
        let text =
            #"{"x":{"code":""},"1":{"title":"t","code":"c","active":true},"01":1,"4":null,"5":{"title":7,"code":""},"#
            + #""6":{"title":""},"7":{"code":"","active":"yes"},"-1":{"code":""},"99999999999999999999":{"code":""}}"#
        let set = try read(text)
        #expect(set.scripts.map(\.index) == [1])
        #expect(
            set.problems.map(\.description) == [
                #"SCRIPTING_SCRIPTS, script "x" at byte 5: the key is not an index, a whole number from 0 to 2147483646; it is passed over"#,
                #"SCRIPTING_SCRIPTS, script "01" at byte 65: the key is not an index, a whole number from 0 to 2147483646; it is passed over"#,
                #"SCRIPTING_SCRIPTS, script "4" at byte 71: it is not an object with title, code and active; it is passed over"#,
                #"SCRIPTING_SCRIPTS, script "5" at byte 80: its title is not a text; it is passed over"#,
                #"SCRIPTING_SCRIPTS, script "6" at byte 106: it has no code; it is passed over"#,
                #"SCRIPTING_SCRIPTS, script "7" at byte 123: its active is neither true nor false; it is passed over"#,
                #"SCRIPTING_SCRIPTS, script "-1" at byte 155: the key is not an index, a whole number from 0 to 2147483646; it is passed over"#,
                #"SCRIPTING_SCRIPTS, script "99999999999999999999" at byte 190: the key is not an index, a whole number from 0 to 2147483646; it is passed over"#,
            ])
        #expect(set.nextIndex == 8)
        let again = try ScriptSet(data: set.data)
        #expect(again == set)
        #expect(again.problems.count == 8)
    }

    @Test("a text that is not JSON is refused with script, line and column")
    func notJSON() {
        let text = "{\"0\":{\"title\":\"a\",\"code\":\"\"},\n \"1\":{\"title\":\"é\", oops}}"
        #expect {
            try read(text)
        } throws: { error in
            "\(error)"
                == "SCRIPTING_SCRIPTS, script \"1\": JSON: expected a member name at byte 50 (line 2, column 20); "
                + "mend the text, or bring a good version back with: remora scripts rollback"
        }
        #expect(throws: ScriptSetError.notObject(key: "SCRIPTING_SCRIPTS")) { try read("[]") }
        #expect(throws: ScriptSetError.notObject(key: "SCRIPTING_SCRIPTS")) { try read("\"a\"") }
    }

    @Test("text after the object is refused")
    func trailing() {
        #expect(throws: ScriptSetError.self) { try read("{} {}") }
        #expect(throws: ScriptSetError.self) { try read("null null") }
    }

    @Test("an index is never given twice: the recorded one counts, unless there are higher ones")
    func nextIndex() throws {
        func next(_ recorded: String?, _ scripts: String) throws -> Int {
            var data = [ConfigMapKey.scripts: scripts]
            data[ConfigMapKey.nextIndex] = recorded
            return try ScriptSet(data: data).nextIndex
        }
        #expect(try next("7", "{}") == 7)
        #expect(try next(" 7\n", "{}") == 7)
        #expect(try next("3", #"{"5":{"code":""}}"#) == 6)
        #expect(try next("nonsense", #"{"5":{"code":""}}"#) == 6)
        #expect(try next("-4", "{}") == 0)
    }

    @Test("when the indexes are used up, nothing is added")
    func indexesUsedUp() throws {
        var set = try read(#"{"2147483646":{"code":""}}"#)
        let index = set.add(title: "a", code: "", isActive: false)
        #expect(index == nil)
        #expect(set.scripts.count == 1)
    }
}
