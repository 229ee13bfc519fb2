package import JSON

/// Why a worker refused a script of a push; what ran before runs on.
package struct FleetScriptFailure: Sendable, Hashable {
    /// The script's key in the config map.
    package let index: Int
    /// Its title, which messages show as the file.
    package let title: String
    /// The line and column in the user's file, from 1, as far as known.
    package let line: Int?
    package let column: Int?
    /// Such as `SyntaxError: Unexpected token`.
    package let message: String

    package init(index: Int, title: String, line: Int?, column: Int?, message: String) {
        self.index = index
        self.title = title
        self.line = line
        self.column = column
        // What scripts throw may be of any length.
        self.message = message.utf8.count <= Self.messageLimit ? message : String(message.prefix(500)) + " …"
    }

    private static let messageLimit = 2_000

    init?(_ value: JSONValue) {
        guard let index = value["index"]?.integer.flatMap({ Int(exactly: $0) }), let message = value["message"]?.string
        else { return nil }
        self.init(
            index: index, title: value["title"]?.string ?? "",
            line: value["line"]?.integer.flatMap { Int(exactly: $0) },
            column: value["column"]?.integer.flatMap { Int(exactly: $0) }, message: message)
    }

    package var json: JSONValue {
        var value: JSONValue = [
            "index": .integer(Int64(index)), "title": .string(title), "message": .string(message),
        ]
        value["line"] = line.map { .integer(Int64($0)) }
        value["column"] = column.map { .integer(Int64($0)) }
        return value
    }
}
