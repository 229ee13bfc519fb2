internal import FilterLanguage
internal import JSON

/// Filters that people, and those who are none, may type.
enum FilterFuzzing {
    private static let item: JSONValue = [
        "protocol": ["name": "http", "abbr": "HTTP"], "timestamp": 1_700_000_000_000, "error": .null,
        "request": ["path": "/a/b", "headers": ["Host": "shop", "Accept": "*/*"], "body": "eyJhIjpbMSwyXX0="],
        "response": ["status": 500, "content": ["text": "<a b=\"1\"><c>d</c></a>"]],
        "list": [1, "two", 3.5, [4], ["five": 5]],
    ]

    /// It is a filter, or an error that says where; a filter matches or does not.
    static func run(_ input: [UInt8]) {
        do {
            let filter = try Filter(String(decoding: input, as: UTF8.self))
            _ = filter.matches(item)
            _ = filter.redacting(item)
            precondition(filter.limit ?? 0 >= 0, "a negative limit")
        } catch {
            precondition(error.line >= 1 && error.column >= 1 && !error.message.isEmpty, "\(error)")
        }
    }
}
