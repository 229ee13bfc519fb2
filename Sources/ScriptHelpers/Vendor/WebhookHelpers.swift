internal import Integrations
internal import JSON
internal import OrderedCollections
internal import ScriptRuntime

/// `vendor.webhook`, `vendor.webhookForm`, `vendor.request`
enum WebhookHelpers {
    static func all(_ http: HTTPClient) -> [Helper] {
        let webhook = Webhook(http)
        return [
            .calling("vendor.webhook") { call in
                let reply = try await webhook.request(
                    method: call.text(0, "method"), url: call.text(1, "url"), headers: call.texts(3, "headers"),
                    body: body(call.value(2)), total: call.time())
                return .json(.string(reply.text))
            },
            .calling("vendor.webhookForm") { call in
                _ = try call.object(2, "fields")
                let encoding = try encoding(call.filledText(3), call.path)
                let reply = try await webhook.request(
                    method: call.text(0, "method"), url: call.text(1, "url"),
                    body: .form(call.texts(2, "fields"), encoding), total: call.time())
                return .json(.string(reply.text))
            },
            .calling("vendor.request") { call in
                let options = try call.optionalObject(2, "options") ?? [:]
                let reply = try await webhook.request(
                    method: call.text(0, "method"), url: call.text(1, "url"),
                    headers: HelperCall.texts(of: options["headers"] ?? [:]), body: body(options, call.path),
                    total: call.time(upTo: timeout(options, call.path)))
                return .json(value(of: reply))
            },
        ]
    }

    private static func body(_ value: JSONValue?) -> Webhook.Body? {
        switch value {
        case nil, .null: nil
        case .string(let text): .text(text)
        case .array, .object: value.map(Webhook.Body.json)
        case .some(let other): .text(other.description)
        }
    }

    private static func body(_ options: JSONValue, _ path: String) throws -> Webhook.Body? {
        guard let form = options["form"], !form.isNull else { return body(options["body"]) }
        guard form.object != nil else { throw HelperError("\(path): options.form is not an object", name: "TypeError") }
        return .form(HelperCall.texts(of: form), try encoding(options["formEncoding"]?.string, path))
    }

    private static func encoding(_ text: String?, _ path: String) throws(HelperError) -> FormEncoding {
        switch text {
        case nil, "multipart": .multipart
        case "urlencoded": .urlencoded
        default: throw HelperError("\(path): the encoding is neither multipart nor urlencoded", name: "TypeError")
        }
    }

    private static func timeout(_ options: JSONValue, _ path: String) throws(HelperError) -> Duration {
        guard let value = options["timeoutMs"], !value.isNull else { return .seconds(30) }
        guard let milliseconds = value.double, milliseconds > 0, milliseconds <= 300_000 else {
            throw HelperError("\(path): options.timeoutMs is not a number from 1 to 300000", name: "TypeError")
        }
        return .milliseconds(Int(milliseconds.rounded(.up)))
    }

    /// Header names in lower case, repeated ones joined as RFC 9110, section 5.2 allows.
    private static func value(of reply: HTTPReply) -> JSONValue {
        var headers: OrderedDictionary<String, JSONValue> = [:]
        for (name, value) in reply.headers.fields {
            let name = name.lowercased()
            let former = headers[name]?.string
            headers[name] = .string(former.map { "\($0), \(value)" } ?? value)
        }
        return ["status": .integer(Int64(reply.status)), "headers": .object(headers), "body": .string(reply.text)]
    }
}
