import ScriptFolder
import Testing

@Suite("The title of a script")
struct ScriptTitleTests {
    static let cases: [(source: String, title: String)] = [
        ("// Alert on 500\nfunction onItemCaptured(data) {}\n", "Alert on 500"),
        ("//Foo", "Foo"),
        ("\n\n  //   padded  \r\nvar a;", "padded"),
        ("/* One line */ var a;", "One line"),
        ("/**\n * Counts packets.\n *\n * And more.\n */", "Counts packets."),
        ("/*\n\n   ***  stars  \n*/", "stars"),
        ("/* never closed", "never closed"),
        ("#!/usr/bin/env remora run\n// After the shebang", "After the shebang"),
        ("\u{feff}// After a byte order mark", "After a byte order mark"),
        ("/* eslint no-undef: 0 */\n/* global console, env */\n// For people", "For people"),
        ("/* eslint-disable */ // For people", "For people"),
        ("// @ts-check\n/// <reference path=\"remora.d.ts\" />\n// For people", "For people"),
        ("/*jshint esversion: 5 */\n//\n/**/\n// For people", "For people"),
        ("// globally known", "globally known"),
        ("// Größe 尺寸 🐟", "Größe 尺寸 🐟"),
        ("var a = 1; // too late", "file name"),
        ("\"use strict\";\n// too late", "file name"),
        ("var s = '// no comment';", "file name"),
        ("", "file name"),
        ("///", "file name"),
    ]

    @Test("it is the first comment for people, or the file's name", arguments: cases)
    func title(source: String, title: String) {
        #expect(ScriptTitle.derive(from: source, fileName: "folder/file name.js") == title)
    }

    @Test("it ends after 120 characters")
    func length() {
        let title = ScriptTitle.derive(from: "// " + String(repeating: "ä", count: 500), fileName: "a.js")
        #expect(title == String(repeating: "ä", count: 120))
    }

    @Test("a block of stars is read to its first words")
    func long() {
        let source = "/*" + String(repeating: "* \n", count: 10_000) + " at last */"
        #expect(ScriptTitle.derive(from: source, fileName: "a.js") == "at last")
    }
}
