/// An element of an XML document, as far as the answers of AWS and Azure need it: names without prefixes, text, children.
///
/// Attributes, comments and processing instructions are passed over. There is no DTD, hence nothing that can expand.
package struct XMLElement: Sendable, Equatable {
    package let name: String
    package private(set) var text = ""
    package private(set) var children: [XMLElement] = []

    /// Deeper than any answer; a limit keeps a hostile one from exhausting the stack.
    private static let depthLimit = 64

    private init(name: String) { self.name = name }

    /// The first child of a name.
    package subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// All children of a name.
    package func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The document's root; nil if the text is no XML.
    package static func parse(_ bytes: [UInt8]) -> XMLElement? {
        var open: [XMLElement] = []
        var rest = String(decoding: bytes, as: UTF8.self)[...]
        while let start = rest.firstIndex(of: "<") {
            if !open.isEmpty { open[open.count - 1].text += decode(rest[..<start]) }
            rest = rest[start...]
            if rest.hasPrefix("<!--") {
                guard let end = rest.firstRange(of: "-->") else { return nil }
                rest = rest[end.upperBound...]
            } else if rest.hasPrefix("<![CDATA[") {
                guard let end = rest.firstRange(of: "]]>"), !open.isEmpty else { return nil }
                open[open.count - 1].text += rest[..<end.lowerBound].dropFirst(9)
                rest = rest[end.upperBound...]
            } else {
                guard let end = rest.firstIndex(of: ">") else { return nil }
                let tag = rest[..<end].dropFirst()
                rest = rest[rest.index(after: end)...]
                if tag.hasPrefix("?") || tag.hasPrefix("!") { continue }
                if tag.hasPrefix("/") {
                    guard let closed = open.popLast(), closed.name == bare(tag.dropFirst()) else { return nil }
                    if open.isEmpty { return closed }
                    open[open.count - 1].children.append(closed)
                    continue
                }
                let element = XMLElement(name: bare(tag))
                guard !element.name.isEmpty, open.count < depthLimit else { return nil }
                if !tag.hasSuffix("/") {
                    open.append(element)
                } else if open.isEmpty {
                    return element
                } else {
                    open[open.count - 1].children.append(element)
                }
            }
        }
        return nil
    }

    private static func bare(_ tag: Substring) -> String {
        let name = tag.prefix { !$0.isWhitespace && $0 != "/" }
        return String(name.split(separator: ":").last ?? "")
    }

    private static func decode(_ text: Substring) -> String {
        guard text.contains("&") else { return String(text) }
        var decoded = ""
        var rest = text
        while let start = rest.firstIndex(of: "&") {
            decoded += rest[..<start]
            guard let end = rest[start...].firstIndex(of: ";") else { return decoded + rest[start...] }
            let name = rest[rest.index(after: start)..<end]
            decoded += entity(name) ?? "&\(name);"
            rest = rest[rest.index(after: end)...]
        }
        return decoded + rest
    }

    private static func entity(_ name: Substring) -> String? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            let isHex = name.hasPrefix("#x")
            guard name.hasPrefix("#"), let number = UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10)
            else { return nil }
            return Unicode.Scalar(number).map { String(Character($0)) }
        }
    }

    /// A text as it may stand in an element.
    package static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
