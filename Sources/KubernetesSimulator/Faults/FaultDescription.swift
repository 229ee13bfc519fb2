internal import JSON

/// Reads faults as scripts write them.
///
/// Of a request, one of: `{"status": 503, "reason": "...", "message": "...", "retryAfterSeconds": 1}`,
/// `{"answer": "<html>", "status": 502, "contentType": "text/html"}`, `{"delay": 2.5}`, `{"hang": "beforeHeader"}`,
/// `{"hang": "afterHeader"}`, `{"disconnect": true}`, `{"truncate": 100}`, `{"watch": [...]}`.
///
/// Of a watch, one of: `{"line": "..."}`, `{"partialLine": "..."}`, `{"disconnect": true}`, `{"end": true}`,
/// `{"error": 410, "reason": "Expired", "message": "..."}` (code 0 leaves the code out), `{"silence": true}`,
/// `{"bookmark": 1234}`, `{"repeatEvents": true}`, `{"dropBookmarks": true}`.
enum FaultDescription {
    static func requestFault(_ json: JSONValue) throws(APIStatus) -> RequestFault {
        if let seconds = json["delay"]?.double { return .delay(.seconds(seconds)) }
        if let moment = json["hang"]?.string { return moment == "afterHeader" ? .hangAfterHeader : .hang }
        if json["disconnect"] == true { return .disconnect }
        if let count = json["truncate"]?.integer { return .truncate(afterBytes: Int(count)) }
        if let list = json["watch"]?.array {
            var faults: [WatchFault] = []
            for fault in list { faults.append(try watchFault(fault)) }
            return .watch(faults)
        }
        guard let code = json["status"]?.integer, (100...999).contains(code) else { throw unknown(json) }
        if let body = json["answer"]?.string {
            return .answer(
                status: Int(code), contentType: json["contentType"]?.string ?? "text/plain", body: body)
        }
        return .status(status(Int(code), json))
    }

    static func watchFault(_ json: JSONValue) throws(APIStatus) -> WatchFault {
        if let text = json["line"]?.string { return .line(text) }
        if let text = json["partialLine"]?.string { return .partialLine(text) }
        if json["disconnect"] == true { return .disconnect }
        if json["end"] == true { return .end }
        if json["silence"] == true { return .silence }
        if json["repeatEvents"] == true { return .repeatEvents }
        if json["dropBookmarks"] == true { return .dropBookmarks }
        if let revision = json["bookmark"]?.integer, revision >= 0 { return .bookmark(UInt64(revision)) }
        if let code = json["error"]?.integer { return .error(status(Int(code), json)) }
        throw unknown(json)
    }

    static func match(_ json: JSONValue) -> RequestMatch {
        RequestMatch(
            verb: json["verb"]?.string, resource: json["resource"]?.string, namespace: json["namespace"]?.string,
            name: json["name"]?.string, pathPrefix: json["pathPrefix"]?.string)
    }

    private static func status(_ code: Int, _ json: JSONValue) -> APIStatus {
        var status = APIStatus(
            code: code == 0 ? nil : code, reason: json["reason"]?.string ?? usualReasons[code] ?? "",
            message: json["message"]?.string ?? "a fault that was asked for")
        status.retryAfterSeconds = json["retryAfterSeconds"]?.integer.map { Int($0) }
        return status
    }

    private static let usualReasons = [
        401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 410: "Expired",
        429: "TooManyRequests", 500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout",
    ]

    private static func unknown(_ json: JSONValue) -> APIStatus {
        .badRequest("unknown fault \(json): see the documentation of the simulator's control path")
    }
}
