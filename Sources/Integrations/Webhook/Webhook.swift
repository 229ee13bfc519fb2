internal import CurlTransport
package import JSON

/// Any HTTP request that a script wants to make.
package struct Webhook: Sendable {
    /// What is sent.
    package enum Body: Sendable {
        /// The text as it is; its type is guessed unless a header names it.
        case text(String)
        case json(JSONValue)
        case form([(name: String, value: String)], FormEncoding)
    }

    private let http: HTTPClient

    package init(_ http: HTTPClient) { self.http = http }

    /// How many redirects are followed, as browsers and curl's users are used to.
    static let redirectLimit = 10

    /// Makes a request and returns the answer, whatever its status; up to ten redirects are followed.
    ///
    /// A request that the server refused with 429, or 503 and a time to wait, is made again within the total time.
    package func request(
        method: String, url: String, headers: [(name: String, value: String)] = [], body: Body? = nil,
        total: Duration = .seconds(30)
    ) async throws(IntegrationError) -> HTTPReply {
        var call = HTTPCall("webhook", try Self.method(method), try address(url), headers: headers)
        call.redirects = Self.redirectLimit
        call.retries = .ifRefused
        call.total = total
        if let body { Self.set(body, of: &call) }
        return try await http.send(call)
    }

    private static func method(_ text: String) throws(IntegrationError) -> String {
        let method = text.uppercased()
        guard !method.isEmpty, method.utf8.allSatisfy({ 0x41...0x5a ~= $0 }), method != "CONNECT" else {
            throw .invalid(
                "\(text.debugDescription) is no HTTP method: use GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS")
        }
        return method
    }

    /// Scripts written for Kubeshark ask its hub by name; that is ours here.
    private func address(_ url: String) throws(IntegrationError) -> WebAddress {
        var address = try WebAddress(url)
        if address.host == "kubeshark-hub", let hub = try http.settings.endpoint("REMORA_HUB_URL") {
            (address.scheme, address.host, address.port) = (hub.scheme, hub.host, hub.port)
        }
        return address
    }

    private static func set(_ body: Body, of call: inout HTTPCall) {
        let type: String
        switch body {
        case .text(""): return
        case .text(let text):
            call.body = .bytes(Array(text.utf8))
            type = isJSON(text) ? "application/json" : "text/plain; charset=utf-8"
        case .json(let value):
            call.body = .bytes(value.encoded())
            type = "application/json"
        case .form(let fields, let encoding):
            let form = encoding.encode(fields)
            call.body = .bytes(form.bytes)
            type = form.contentType
        }
        if call[header: "Content-Type"] == nil { call[header: "Content-Type"] = type }
    }

    private static func isJSON(_ text: String) -> Bool {
        guard let first = text.utf8.first(where: { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return false }
        return (try? JSONValue(parsing: text)) != nil
    }
}

/// How the fields of a form are put into a body.
package enum FormEncoding: Sendable {
    /// `multipart/form-data` (RFC 7578), each field a part.
    case multipart
    /// `application/x-www-form-urlencoded`.
    case urlencoded

    func encode(_ fields: [(name: String, value: String)]) -> (bytes: [UInt8], contentType: String) {
        switch self {
        case .urlencoded: return (Array(Percent.form(fields).utf8), "application/x-www-form-urlencoded")
        case .multipart:
            // 128 random bits: no text holds them by accident.
            let boundary = "remora-" + String(UInt128.random(in: .min ... .max), radix: 36)
            var text = ""
            for (name, value) in fields {
                text +=
                    "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(name))\"\r\n\r\n\(value)\r\n"
            }
            return (Array((text + "--\(boundary)--\r\n").utf8), "multipart/form-data; boundary=\(boundary)")
        }
    }

    /// As browsers do (WHATWG HTML, "multipart form data").
    private static func quoted(_ name: String) -> String {
        name.replacing("\"", with: "%22").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }
}
