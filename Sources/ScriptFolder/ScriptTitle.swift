/// The title of a script that comes from a file: what its first comment says.
///
/// The first comment before any code that says something: of a line comment the text after `//`, of a block comment the
/// first line with text, without leading stars. A `#!` line, a byte order mark and comments for tools (`eslint …`,
/// `global …`, `@ts-check`, `/// <reference …>`) are passed over. Without such a comment it is the file's name without
/// `.js`. Titles end after 120 characters.
public enum ScriptTitle {
    /// Titles stand in lists and in front of error messages; a longer one is a text.
    public static let lengthLimit = 120

    /// Words with which comments begin that speak to a tool and not to people.
    private static let toolWords: Set<String> = [
        "eslint", "eslint-disable", "eslint-enable", "eslint-env", "eslint-disable-next-line", "eslint-disable-line",
        "global", "globals", "exported", "jshint", "jslint", "jscs", "istanbul", "prettier-ignore", "@ts-check",
        "@ts-nocheck", "@ts-ignore", "@ts-expect-error",
    ]

    /// The title of a script with this text in a file of this name; the name may have folders in front.
    public static func derive(from source: String, fileName: String) -> String {
        var comments = CommentReader(source)
        while let comment = comments.next() {
            let title = comment.trimmed
            if title.isEmpty || isForTools(title) { continue }
            return cut(title)
        }
        return cut(name(of: fileName))
    }

    private static func isForTools(_ title: Substring) -> Bool {
        // A third slash: `/// <reference types="…" />`.
        if title.hasPrefix("/") || title.hasPrefix("<reference") { return true }
        let word = title.prefix { !$0.isWhitespace && $0 != ":" }
        return toolWords.contains(String(word))
    }

    private static func name(of path: String) -> Substring {
        let file = path.split(separator: "/").last ?? ""
        return file.hasSuffix(".js") ? file.dropLast(3) : file
    }

    private static func cut(_ title: Substring) -> String { String(title.prefix(lengthLimit).trimmed) }
}

/// Reads the comments in front of a script's code, one after the other.
private struct CommentReader {
    private var rest: ArraySlice<UInt8>

    init(_ source: String) {
        rest = Array(source.utf8)[...]
        if rest.starts(with: "\u{feff}".utf8) { rest = rest.dropFirst(3) }
        if rest.starts(with: "#!".utf8) { _ = takeLine() }
    }

    /// The text of the next comment, of a block its first line with text; nil once there is code.
    mutating func next() -> Substring? {
        rest = rest.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
        if rest.starts(with: "//".utf8) {
            rest = rest.dropFirst(2)
            return takeLine().text
        }
        guard rest.starts(with: "/*".utf8) else { return nil }
        rest = rest.dropFirst(2)
        return takeBlock()
    }

    private mutating func takeLine() -> ArraySlice<UInt8> {
        let line = rest.prefix { $0 != 0x0a && $0 != 0x0d }
        rest = rest[line.endIndex...]
        return line
    }

    private mutating func takeBlock() -> Substring {
        var end = rest.startIndex
        while end < rest.endIndex, !rest[end...].starts(with: "*/".utf8) { end += 1 }
        let block = rest[..<end]
        rest = rest[end...].dropFirst(2)
        for line in block.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
            let text = line.text.trimmed.drop { $0 == "*" }.trimmed
            if !text.isEmpty { return text }
        }
        return ""
    }
}

extension ArraySlice<UInt8> {
    fileprivate var text: Substring { String(decoding: self, as: UTF8.self)[...] }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return start.prefix(0) }
        return start[...last]
    }
}
