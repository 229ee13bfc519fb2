/// Query strings and forms.
enum HTTPForms {
    struct Parameter: Equatable {
        var name: String
        var value: String
        var fileName: String?
        var contentType: String?
    }

    /// More parameters than this are left out.
    static let limit = 1_024

    /// `a=1&b=2`, percent-encoded, with `+` for spaces.
    static func urlEncoded(_ text: some Sequence<UInt8>) -> [Parameter] {
        var result: [Parameter] = []
        for pair in Array(text).split(separator: UInt8(ascii: "&")).prefix(limit) {
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            result.append(
                Parameter(
                    name: decoded(pair[..<(equals ?? pair.endIndex)]),
                    value: equals.map { decoded(pair[($0 + 1)...]) } ?? ""))
        }
        return result
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> String {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(decoding: text, as: UTF8.self)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var i = text.startIndex
        while i < text.endIndex {
            if text[i] == UInt8(ascii: "%"), i + 2 < text.endIndex, let high = HTTP1Parser.hexDigit(text[i + 1]),
                let low = HTTP1Parser.hexDigit(text[i + 2])
            {
                bytes.append(UInt8(high << 4 | low))
                i += 3
            } else {
                bytes.append(text[i] == UInt8(ascii: "+") ? 0x20 : text[i])
                i += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `multipart/form-data` (RFC 7578). A last part that was cut is given as far as it goes.
    static func multipart(_ body: [UInt8], boundary: String) -> [Parameter] {
        guard !boundary.isEmpty, boundary.utf8.count <= 256 else { return [] }
        let mark = Array("--\(boundary)".utf8)
        var result: [Parameter] = []
        var position = find(mark, in: body, from: 0)
        while let start = position, result.count < limit {
            var head = start + mark.count
            // Two hyphens behind the mark end the form.
            if head + 1 < body.count, body[head] == UInt8(ascii: "-"), body[head + 1] == UInt8(ascii: "-") { break }
            while head < body.count, body[head] != 0x0a { head += 1 }
            head += 1
            let next = find(mark, in: body, from: min(head, body.count))
            var end = next ?? body.count
            if next != nil {
                // The line break before the mark belongs to the mark.
                if end > head, body[end - 1] == 0x0a { end -= 1 }
                if end > head, body[end - 1] == 0x0d { end -= 1 }
            }
            if head <= end, let part = part(body[head..<max(head, end)]) { result.append(part) }
            position = next
        }
        return result
    }

    private static func part(_ bytes: ArraySlice<UInt8>) -> Parameter? {
        var parameter = Parameter(name: "", value: "")
        var position = bytes.startIndex
        var hasName = false
        while position < bytes.endIndex {
            let lineEnd = bytes[position...].firstIndex(of: 0x0a) ?? bytes.endIndex
            let line = String(decoding: bytes[position..<lineEnd], as: UTF8.self)
            let text = line.hasSuffix("\r") ? String(line.dropLast()) : line
            position = min(lineEnd + 1, bytes.endIndex)
            if text.isEmpty { break }
            guard let colon = text.firstIndex(of: ":") else { continue }
            let value = text[text.index(after: colon)...].drop { $0 == " " }
            switch text[..<colon].lowercased() {
            case "content-disposition":
                guard let name = attribute("name", of: value) else { continue }
                parameter.name = name
                parameter.fileName = attribute("filename", of: value)
                hasName = true
            case "content-type": parameter.contentType = String(value)
            default: break
            }
        }
        guard hasName else { return nil }
        parameter.value = String(decoding: bytes[position...], as: UTF8.self)
        return parameter
    }

    /// A parameter of a header's value, as the boundary in `multipart/form-data; boundary=x`.
    static func attribute(_ name: String, of value: some StringProtocol) -> String? {
        var rest = Substring(value)
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
            guard let equals = rest.firstIndex(of: "="), rest[..<equals].lowercased() == name else { continue }
            let text = rest[rest.index(after: equals)...]
            if text.first == "\"" { return String(text.dropFirst().prefix { $0 != "\"" }) }
            return String(text.prefix { $0 != ";" && $0 != " " })
        }
        return nil
    }

    private static func find(_ wanted: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard wanted.count > 0 else { return nil }
        var i = start
        while i + wanted.count <= bytes.count {
            if bytes[i] == wanted[0], bytes[i..<i + wanted.count].elementsEqual(wanted) { return i }
            i += 1
        }
        return nil
    }
}
