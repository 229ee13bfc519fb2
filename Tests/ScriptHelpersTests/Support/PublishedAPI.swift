import JSON
import RecordingServer
import YAML

/// Servers that take what the published interfaces of services take, and refuse the rest in the services' own words.
enum PublishedAPI {
    typealias Answer = RecordingServer.Answer
    typealias Request = RecordingServer.Request

    static func json(_ status: Int, _ value: JSONValue) -> Answer {
        .init(status, headers: [("Content-Type", "application/json")], value.description)
    }

    // MARK: Slack

    /// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    static func slackWebhook(_ request: Request) -> Answer {
        guard request.path == "/services/T0/B0/secret" else { return .init(404, "no_service") }
        guard request.method == "POST", request.headers["content-type"] == "application/json; charset=utf-8",
            let body = try? JSONValue(parsing: request.body), areAttachments(body["attachments"])
        else { return .init(400, "invalid_payload") }
        return .init(200, "ok")
    }

    /// https://docs.slack.dev/reference/methods: the three that a bot needs, and the address of an upload.
    static func slackBot(_ request: Request, url: String) -> Answer {
        func failed(_ word: String) -> Answer { json(200, ["ok": false, "error": .string(word)]) }
        if request.path == "/upload/F1", request.method == "POST" {
            guard request.headers["authorization"] == nil else { return .init(400, "token where none belongs") }
            return .init(200, "OK - \(request.body.count)")
        }
        guard request.method == "POST" else { return failed("method_not_supported") }
        guard request.headers["authorization"] == "Bearer xoxb-token" else { return failed("invalid_auth") }
        let type = request.headers["content-type"] ?? ""
        switch request.path {
        case "/api/chat.postMessage":
            guard type == "application/json; charset=utf-8", let body = try? JSONValue(parsing: request.body) else {
                return failed("invalid_json")
            }
            guard body["channel"] == "C012" else { return failed("channel_not_found") }
            guard areAttachments(body["attachments"]) else { return failed("invalid_attachments") }
            return json(200, ["ok": true, "channel": "C012", "ts": "1700000000.000100"])
        case "/api/files.getUploadURLExternal":
            guard type == "application/x-www-form-urlencoded" else { return failed("invalid_form_data") }
            let fields = request.text.split(separator: "&").map { $0.split(separator: "=").map(String.init) }
            guard let length = fields.first(where: { $0[0] == "length" })?.last.flatMap({ Int($0) }), length > 0,
                fields.contains(where: { $0[0] == "filename" && $0.count == 2 })
            else { return failed("invalid_arguments") }
            return json(200, ["ok": true, "upload_url": .string(url + "/upload/F1"), "file_id": "F1"])
        case "/api/files.completeUploadExternal":
            guard let body = try? JSONValue(parsing: request.body), body["channel_id"] == "C012",
                body["thread_ts"] == "1700000000.000100", let files = body["files"]?.array,
                files.allSatisfy({ $0["id"] == "F1" && $0["title"]?.string != nil })
            else { return failed("invalid_arguments") }
            return json(200, ["ok": true, "files": .array(files)])
        default: return failed("unknown_method")
        }
    }

    private static func areAttachments(_ value: JSONValue?) -> Bool {
        guard let list = value?.array, !list.isEmpty else { return false }
        return list.allSatisfy { one in
            let texts = ["pretext", "text", "color", "fallback"].allSatisfy { one[$0]?.string != nil }
            let fields = (one["fields"]?.array ?? []).allSatisfy {
                $0["title"]?.string != nil && $0["value"]?.string != nil && $0["short"]?.boolean != nil
            }
            return texts && fields
        }
    }

    // MARK: InfluxDB

    /// `POST /api/v2/write`: https://docs.influxdata.com/influxdb/v2/api/
    static func influx(_ request: Request) -> Answer {
        func failed(_ status: Int, _ code: String, _ message: String) -> Answer {
            json(status, ["code": .string(code), "message": .string(message)])
        }
        guard request.path == "/api/v2/write", request.method == "POST" else {
            return failed(404, "not found", "path not found")
        }
        guard request.headers["authorization"] == "Token influx-token" else {
            return failed(401, "unauthorized", "unauthorized access")
        }
        guard request.query["bucket"] == "b 1" else {
            return failed(404, "not found", "bucket \"\(request.query["bucket"] ?? "")\" not found")
        }
        guard request.query["org"] == "o&1", request.query["precision"] == "ns" else {
            return failed(400, "invalid", "org or precision")
        }
        for line in request.text.split(separator: "\n", omittingEmptySubsequences: false) where !isLine(line) {
            return failed(400, "invalid", "unable to parse '\(line)'")
        }
        return .init(204)
    }

    /// `measurement[,tag=value…] field=value[,…] time`, read with escapes and quotes.
    private static func isLine(_ line: Substring) -> Bool {
        // What an escape or a quote protects becomes `_`, so that what is left separates.
        var plain = ""
        var isEscaped = false, isQuoted = false
        for character in line {
            if isEscaped {
                plain += "_"
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                plain += "_"
                isQuoted.toggle()
            } else {
                plain.append(isQuoted ? "_" : character)
            }
        }
        let parts = plain.split(separator: " ", omittingEmptySubsequences: false)
        guard !isQuoted, !isEscaped, parts.count == 3, Int64(parts[2]) != nil else { return false }
        let head = parts[0].split(separator: ",", omittingEmptySubsequences: false)
        let pairs = head.dropFirst() + parts[1].split(separator: ",", omittingEmptySubsequences: false)
        return !head[0].isEmpty
            && pairs.allSatisfy { pair in
                let sides = pair.split(separator: "=", omittingEmptySubsequences: false)
                return sides.count == 2 && !sides[0].isEmpty && !sides[1].isEmpty
            }
    }

    // MARK: Elasticsearch

    /// Index and bulk: https://www.elastic.co/docs/api/doc/elasticsearch/
    static func elastic(_ request: Request, authorization: String?) -> Answer {
        func failed(_ status: Int, _ type: String, _ reason: String) -> Answer {
            json(
                status,
                ["error": ["type": .string(type), "reason": .string(reason)], "status": .integer(Int64(status))])
        }
        if request.method == "HEAD" { return .init(request.headers["authorization"] == nil ? 401 : 400) }
        guard request.headers["authorization"] == authorization else {
            return failed(401, "security_exception", "unable to authenticate user")
        }
        let path = request.path.split(separator: "/").map(String.init)
        if request.method == "PUT", path.count == 3, path[1] == "_doc", path[2].utf8.count == 36 {
            guard request.headers["content-type"] == "application/json",
                let document = try? JSONValue(parsing: request.body), document.object != nil
            else { return failed(400, "mapper_parsing_exception", "failed to parse") }
            return json(201, ["_index": .string(path[0]), "_id": .string(path[2]), "result": "created"])
        }
        guard request.method == "POST", path.count == 2, path[1] == "_bulk", request.body.last == 0x0a,
            request.headers["content-type"] == "application/x-ndjson"
        else { return failed(400, "illegal_argument_exception", "no such request") }
        var items: [JSONValue] = []
        let lines = request.text.split(separator: "\n")
        for index in stride(from: 0, to: lines.count, by: 2) {
            guard index + 1 < lines.count, let action = try? JSONValue(parsing: String(lines[index])),
                let document = try? JSONValue(parsing: String(lines[index + 1])), let id = action["index"]?["_id"]
            else { return failed(400, "illegal_argument_exception", "malformed action") }
            items.append(
                document["bad"] == nil
                    ? ["index": ["_id": id, "status": 201]]
                    : ["index": ["_id": id, "status": 400, "error": ["type": "parsing", "reason": "bad field"]]])
        }
        return json(200, ["errors": .boolean(items.contains { $0["index"]?["error"] != nil }), "items": .array(items)])
    }

    // MARK: OTLP

    /// OTLP/HTTP with JSON: https://opentelemetry.io/docs/specs/otlp/, and the protobuf messages' JSON mapping.
    static func otlp(_ request: Request) -> Answer {
        func failed(_ message: String) -> Answer { json(400, ["code": 3, "message": .string(message)]) }
        guard request.method == "POST", request.headers["content-type"] == "application/json" else {
            return .init(415, "unsupported media type")
        }
        guard let body = try? JSONValue(parsing: request.body) else { return failed("no JSON") }
        func isTime(_ value: JSONValue?) -> Bool { value?.string.flatMap { UInt64($0) } != nil }
        func isHex(_ value: JSONValue?, _ count: Int) -> Bool {
            value?.string.map { $0.count == count && $0.allSatisfy(\.isHexDigit) } ?? false
        }
        func areAttributes(_ value: JSONValue?) -> Bool {
            (value?.array ?? []).allSatisfy { $0["key"]?.string != nil && $0["value"]?.object?.count == 1 }
        }
        let names: [String: (String, String, String)] = [
            "/v1/logs": ("resourceLogs", "scopeLogs", "logRecords"),
            "/v1/metrics": ("resourceMetrics", "scopeMetrics", "metrics"),
            "/v1/traces": ("resourceSpans", "scopeSpans", "spans"),
        ]
        guard let (outer, inner, list) = names[request.path] else { return .init(404, "404 page not found") }
        guard body.object?.count == 1, let resource = body[outer]?[0],
            areAttributes(resource["resource"]?["attributes"]),
            let records = resource[inner]?[0]?[list]?.array, !records.isEmpty
        else { return failed("malformed \(outer)") }
        for record in records {
            let isGood: Bool
            switch list {
            case "logRecords":
                isGood =
                    isTime(record["timeUnixNano"]) && isTime(record["observedTimeUnixNano"])
                    && 1...24 ~= record["severityNumber"]?.integer ?? 0 && record["body"]?.object?.count == 1
                    && areAttributes(record["attributes"])
            case "metrics":
                let data = record["gauge"] ?? record["sum"]
                let point = data?["dataPoints"]?[0]
                let isSum = record["sum"] == nil || data?["aggregationTemporality"] == 2 && data?["isMonotonic"] == true
                isGood =
                    record["name"]?.string != nil && isTime(point?["timeUnixNano"]) && point?["asDouble"]?.double != nil
                    && isSum && areAttributes(point?["attributes"])
            default:
                isGood =
                    isHex(record["traceId"], 32) && isHex(record["spanId"], 16) && record["name"]?.string != nil
                    && 1...5 ~= record["kind"]?.integer ?? 0 && isTime(record["startTimeUnixNano"])
                    && isTime(record["endTimeUnixNano"]) && areAttributes(record["attributes"])
            }
            guard isGood else { return failed("malformed record \(record)") }
        }
        if request.headers["x-partial"] != nil {
            return json(200, ["partialSuccess": ["rejectedLogRecords": "1", "errorMessage": "too old"]])
        }
        return json(200, [:])
    }

    // MARK: OpenAI

    /// Chat completions: https://platform.openai.com/docs/api-reference/chat
    static func chat(_ request: Request, isOld: Bool = false) -> Answer {
        func failed(_ status: Int, _ message: String) -> Answer {
            json(status, ["error": ["message": .string(message), "type": "invalid_request_error", "code": .null]])
        }
        guard request.path == "/v1/chat/completions", request.method == "POST" else {
            return failed(404, "Invalid URL")
        }
        guard request.headers["authorization"] == "Bearer sk-key" else {
            // OpenAI quotes the key that it does not like.
            return failed(
                401, "Incorrect API key provided: \(request.headers["authorization"]?.dropFirst(7) ?? "none")")
        }
        guard let body = try? JSONValue(parsing: request.body), body["model"]?.string != nil,
            body["messages"]?[0]?["role"] == "user", let prompt = body["messages"]?[0]?["content"]?.string
        else { return failed(400, "malformed") }
        let limit = isOld ? "max_tokens" : "max_completion_tokens"
        guard let tokens = body[limit]?.integer else {
            return failed(400, "Unrecognized request argument supplied: max_completion_tokens")
        }
        let text = "  You said: \(prompt) (\(tokens), \(body["model"]?.string ?? ""))\n"
        return json(200, ["choices": [["message": ["role": "assistant", "content": .string(text)]]]])
    }
}
