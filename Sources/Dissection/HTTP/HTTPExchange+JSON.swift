internal import JSON

/// An exchange as hooks see it (contract: `request` and `response` of HTTP items).
extension HTTPExchange {
    var method: String { request.map { $0.text($0.start.word.range) } ?? "" }
    var target: String { request.map { $0.text($0.start.target.range) } ?? "" }

    /// The target without its query, and of an absolute one only the path.
    var path: String {
        guard let request else { return "" }
        return request.text(request.pathRange)
    }

    func writeRequest(to writer: inout JSONWriter, bodyLimit: Int) {
        guard let request else { return writer.writeNull() }
        let fields = HTTPFields(request)
        let path = path
        writer.beginObject()
        writer.member("method", method)
        writer.member("url", target)
        writer.member("targetUri", target)
        writer.member("path", path)
        writer.key("pathSegments")
        writer.beginArray()
        for segment in (path.hasPrefix("/") ? path.dropFirst() : path[...])
            .split(separator: "/", omittingEmptySubsequences: false)
        {
            writer.write(String(segment))
        }
        writer.endArray()
        writer.member("httpVersion", request.versionText)
        writer.write(headers: fields)
        writer.key("cookies")
        writer.beginObject()
        var seen: Set<String> = []
        for line in fields.lines where line.name == "Cookie" {
            for pair in line.value.split(separator: ";") { writer.write(cookie: pair, &seen) }
        }
        writer.endObject()
        writer.key("queryString")
        let parameters = HTTPForms.urlEncoded(request.bytes[request.queryRange])
        writer.beginObject()
        var names: [String] = []
        for parameter in parameters where !names.contains(parameter.name) {
            names.append(parameter.name)
            writer.key(parameter.name)
            let values = parameters.filter { $0.name == parameter.name }
            if values.count == 1 {
                writer.write(parameter.value)
            } else {
                writer.beginArray()
                for value in values { writer.write(value.value) }
                writer.endArray()
            }
        }
        writer.endObject()
        if request.bodyLength > 0 {
            writer.key("postData")
            request.writePostData(fields, bodyLimit, to: &writer)
        }
        request.writeSizes(to: &writer)
        writer.endObject()
    }

    func writeResponse(to writer: inout JSONWriter, bodyLimit: Int) {
        guard let response else { return writer.writeNull() }
        let fields = HTTPFields(response)
        writer.beginObject()
        writer.key("status")
        writer.write(Int64(response.start.status))
        writer.member("statusText", response.text(response.start.word.range))
        writer.member("httpVersion", response.versionText)
        writer.write(headers: fields)
        writer.key("cookies")
        writer.beginObject()
        var seen: Set<String> = []
        for line in fields.lines where line.name == "Set-Cookie" {
            writer.write(cookie: line.value.prefix { $0 != ";" }, &seen)
        }
        writer.endObject()
        writer.member("redirectURL", fields["Location"] ?? "")
        response.writeSizes(to: &writer)
        writer.key("content")
        let content = ContentDecoder.decode(response.body, encoding: fields["Content-Encoding"], limit: bodyLimit)
        writer.beginObject()
        writer.key("size")
        writer.write(Int64(content.bytes.count == response.body.count ? response.bodyLength : content.bytes.count))
        writer.member("mimeType", fields["Content-Type"] ?? "")
        writer.key("text")
        content.bytes.withUnsafeBufferPointer { bytes in
            Base64Text.quoted(bytes).withUnsafeBytes { writer.writeRaw($0) }
        }
        writer.member("encoding", "base64")
        if content.isCut || response.isCut {
            writer.key("truncated")
            writer.write(true)
        }
        writer.endObject()
        writer.endObject()
    }
}

extension HTTPMessage {
    func text(_ range: Range<Int>) -> String {
        guard range.upperBound <= bytes.count else { return "" }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    var versionText: String {
        switch start.version {
        case 9: "HTTP/0.9"
        case 10: "HTTP/1.0"
        case 11: "HTTP/1.1"
        default: "HTTP/\(start.version / 10).\(start.version % 10)"
        }
    }

    /// Where the path stands: behind scheme and authority if the target has them, before query and fragment.
    var pathRange: Range<Int> {
        let target = start.target.range
        guard target.upperBound <= bytes.count, !target.isEmpty else { return 0..<0 }
        var from = target.lowerBound
        if bytes[from] != UInt8(ascii: "/"), let mark = schemeEnd {
            from = mark
            while from < target.upperBound, bytes[from] != UInt8(ascii: "/") { from += 1 }
        }
        var end = from
        while end < target.upperBound, bytes[end] != UInt8(ascii: "?"), bytes[end] != UInt8(ascii: "#") { end += 1 }
        return from..<end
    }

    var queryRange: Range<Int> {
        let path = pathRange
        let end = start.target.range.upperBound
        guard end <= bytes.count, path.upperBound < end, bytes[path.upperBound] == UInt8(ascii: "?") else {
            return 0..<0
        }
        var stop = path.upperBound + 1
        while stop < end, bytes[stop] != UInt8(ascii: "#") { stop += 1 }
        return path.upperBound + 1..<stop
    }

    /// Where the authority of an absolute target begins.
    private var schemeEnd: Int? {
        let target = start.target.range
        var i = target.lowerBound
        while i + 2 < target.upperBound, i < target.lowerBound + 16 {
            if bytes[i] == UInt8(ascii: ":") {
                return bytes[i + 1] == UInt8(ascii: "/") && bytes[i + 2] == UInt8(ascii: "/") ? i + 3 : nil
            }
            i += 1
        }
        return nil
    }

    fileprivate func writeSizes(to writer: inout JSONWriter) {
        writer.key("headersSize")
        writer.write(Int64(headLength > 0 ? headLength : -1))
        writer.key("bodySize")
        writer.write(Int64(bodyLength))
        if isIncomplete {
            writer.key("incomplete")
            writer.write(true)
        }
    }

    fileprivate func writePostData(_ fields: HTTPFields, _ bodyLimit: Int, to writer: inout JSONWriter) {
        let type = fields["Content-Type"] ?? ""
        let content = ContentDecoder.decode(body, encoding: fields["Content-Encoding"], limit: bodyLimit)
        let bareType = type.prefix { $0 != ";" }.lowercased()
        let parameters: [HTTPForms.Parameter]
        switch bareType.filter({ $0 != " " }) {
        case "application/x-www-form-urlencoded": parameters = HTTPForms.urlEncoded(content.bytes)
        case "multipart/form-data":
            parameters = HTTPForms.multipart(content.bytes, boundary: HTTPForms.attribute("boundary", of: type) ?? "")
        default: parameters = []
        }
        writer.beginObject()
        writer.member("mimeType", type)
        writer.key("params")
        writer.beginArray()
        for parameter in parameters {
            writer.beginObject()
            writer.member("name", parameter.name)
            writer.member("value", parameter.value)
            if let name = parameter.fileName { writer.member("fileName", name) }
            if let type = parameter.contentType { writer.member("contentType", type) }
            writer.endObject()
        }
        writer.endArray()
        // A text that was cut within a character is a text all the same.
        let tail = (content.isCut || isCut) ? 3 : 0
        let text = (0...tail).lazy.compactMap {
            String(validating: content.bytes.dropLast($0), as: UTF8.self)
        }.first
        if let text {
            writer.member("text", text)
        } else {
            writer.member("text", Base64Text.text(content.bytes))
            writer.member("encoding", "base64")
        }
        if content.isCut || isCut {
            writer.key("truncated")
            writer.write(true)
        }
        writer.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func write(headers fields: HTTPFields) {
        key("headers")
        beginObject()
        for field in fields.joined { member(field.name, field.value) }
        endObject()
    }

    /// `name=value`, the first of a name.
    fileprivate mutating func write(cookie pair: some StringProtocol, _ seen: inout Set<String>) {
        let text = pair.drop { $0 == " " }
        guard !text.isEmpty else { return }
        let equals = text.firstIndex(of: "=")
        let name = String(text[..<(equals ?? text.endIndex)])
        guard seen.insert(name).inserted else { return }
        member(name, equals.map { String(text[text.index(after: $0)...]) } ?? "")
    }
}
