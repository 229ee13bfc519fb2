internal import CExpat
internal import JSON
internal import OrderedCollections

/// XML as a JSON tree: an element is its text, or, if it has attributes or children, an object of them: attributes
/// under `-name`, children under their names (an array where a name repeats), text beside them under `#text`.
enum XMLTree {
    /// Deeper documents are refused.
    private static let depthLimit = 256

    /// The document as an object with its root element; nil if it is not well-formed.
    static func parse(_ bytes: [UInt8]) -> JSONValue? {
        guard !bytes.isEmpty, bytes.count <= Int(CInt.max), let parser = XML_ParserCreate(nil) else { return nil }
        defer { XML_ParserFree(parser) }
        let builder = Builder(parser: parser, depthLimit: depthLimit)
        XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
        XML_SetElementHandler(
            parser, { Builder.from($0)?.start($1, $2) }, { context, _ in Builder.from(context)?.end() })
        XML_SetCharacterDataHandler(parser) { Builder.from($0)?.text($1, $2) }
        // Entities of the document's own make small documents large; API payloads have none.
        XML_SetEntityDeclHandler(parser) { context, _, _, _, _, _, _, _, _ in Builder.from(context)?.refuse() }
        let status = bytes.withUnsafeBytes { bytes in
            XML_Parse(parser, bytes.bindMemory(to: CChar.self).baseAddress, CInt(bytes.count), 1)
        }
        return withExtendedLifetime(builder) { status == XML_STATUS_OK ? builder.document : nil }
    }

    /// Collects what expat reports.
    private final class Builder {
        private struct Element {
            let name: String
            var members: OrderedDictionary<String, JSONValue>
            var text = ""

            var value: JSONValue {
                let trimmed = text.trimmed
                if members.isEmpty { return .string(trimmed) }
                var members = members
                if !trimmed.isEmpty { members["#text"] = .string(trimmed) }
                return .object(members)
            }
        }

        private let parser: XML_Parser
        private let depthLimit: Int
        private var open: [Element] = []
        private(set) var document: JSONValue?

        init(parser: XML_Parser, depthLimit: Int) {
            self.parser = parser
            self.depthLimit = depthLimit
        }

        static func from(_ context: UnsafeMutableRawPointer?) -> Builder? {
            context.map { Unmanaged<Builder>.fromOpaque($0).takeUnretainedValue() }
        }

        func start(
            _ name: UnsafePointer<XML_Char>?, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?
        ) {
            guard let name, open.count < depthLimit else { return refuse() }
            var element = Element(name: String(cString: name), members: [:])
            var i = 0
            while let name = attributes?[i], let value = attributes?[i + 1] {
                element.members["-" + String(cString: name)] = .string(String(cString: value))
                i += 2
            }
            open.append(element)
        }

        func text(_ start: UnsafePointer<XML_Char>?, _ count: CInt) {
            guard let start, !open.isEmpty else { return }
            let bytes = UnsafeRawBufferPointer(start: start, count: Int(count))
            open[open.count - 1].text += String(decoding: bytes, as: UTF8.self)
        }

        func end() {
            guard let element = open.popLast() else { return }
            guard !open.isEmpty else {
                document = .object([element.name: element.value])
                return
            }
            let last = open.count - 1
            switch open[last].members[element.name] {
            case nil: open[last].members[element.name] = element.value
            case .array(var elements)?:
                open[last].members[element.name] = nil
                elements.append(element.value)
                open[last].members[element.name] = .array(elements)
            case .some(let other): open[last].members[element.name] = .array([other, element.value])
            }
        }

        func refuse() { XML_StopParser(parser, 0) }
    }
}

extension String {
    fileprivate var trimmed: String {
        let isBlank = { (character: Character) in character.isWhitespace }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
