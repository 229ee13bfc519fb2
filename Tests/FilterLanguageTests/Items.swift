import FilterLanguage
import JSON
import Timestamps

/// Items as hooks see them, as far as the tests look.
enum Items {
    static let http: JSONValue = [
        "id": "10.0.0.1:30001/000000000001.pcap-0", "index": 0, "stream": "000000000001.pcap",
        "protocol": ["name": "http", "version": "1.1", "abbr": "HTTP", "macro": "http"], "tls": false,
        "src": ["ip": "10.1.0.7", "port": "51234", "name": "cart", "namespace": "shop"],
        "dst": ["ip": "10.1.0.9", "port": "8080", "name": "orders", "namespace": "shop"],
        "timestamp": 1_700_000_000_000, "elapsedTime": 1_500_000, "error": .null, "record": "night",
        "request": [
            "method": "POST", "path": "/cart/7", "url": "/cart/7?dry=1", "httpVersion": "HTTP/1.1",
            "headers": [
                "Content-Type": "application/json", "User-Agent": "kube-probe/1.29", "Authorization": "secret",
            ],
            "queryString": ["dry": "1", "tag": ["a", "b"]],
            "postData": ["mimeType": "application/json", "text": #"{"token":"t","items":[{"id":7},{"id":9}]}"#],
        ],
        "response": [
            "status": 500, "statusText": "Internal Server Error", "headers": ["Content-Type": "text/xml"],
            "content": [
                "encoding": "base64", "text": "PGVyciBjb2RlPSI3Ij48bXNnPm5vPC9tc2c+PG1zZz5ub3c8L21zZz48L2Vycj4=",
            ],
        ],
        "numbers": [1, 5, 9], "texts": ["a", "b"], "empty": [], "object": ["a": 1], "one": 1, "zero": 0, "minus": -3,
        "half": 0.5, "big": 1_234_567, "yes": true, "no": false, "blank": "", "text": "abc", "digits": "42",
        "nothing": .null,
    ]

    static let dns: JSONValue = [
        "protocol": ["name": "dns", "abbr": "DNS"], "tls": false, "error": .null,
        "request": [
            "opCode": "Query",
            "questions": [["name": "db.internal", "type": "A"], ["name": "x.internal", "type": "AAAA"]],
        ],
        "response": ["code": "No Error", "answers": []],
    ]

    static let halfConnection: JSONValue = [
        "protocol": ["name": "http", "abbr": "HTTP"], "tls": true, "response": .null, "request": ["method": "GET"],
        "error": ["type": "pair-not-found", "msg": "no response"],
    ]

    static func matches(_ filter: String, _ item: JSONValue = http, now: Timestamp = now) throws -> Bool {
        try Filter(filter, now: now).matches(item)
    }

    static let now = Timestamp(microseconds: 1_700_000_060_000_000)
}
