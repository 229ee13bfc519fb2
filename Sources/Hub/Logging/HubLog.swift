internal import Glibc
internal import JSON
internal import Threading
internal import Timestamps

/// The hub's own log: one line of JSON each in a cluster, words on a terminal. Values of secrets are never given to it.
package final class HubLog: Sendable {
    /// How lines look.
    package enum Format: String, Sendable, CaseIterable {
        case json, text
    }

    /// How much a line matters.
    package enum Level: String, Sendable, CaseIterable {
        case debug, info, warning, error
    }

    private let format: Format
    private let least: Level
    private let caller: String
    private let write: @Sendable (String) -> Void
    private let observer = Locked<Callback<(Level, String)>?>(nil)

    /// Writes to standard error unless told otherwise; `caller` is which part of Remora logs.
    package init(
        format: Format = .text, least: Level = .info, caller: String = "hub",
        write: @escaping @Sendable (String) -> Void = HubLog.toStandardError
    ) {
        self.format = format
        self.least = least
        self.caller = caller
        self.write = write
    }

    /// Gives each line, as JSON, to `onLogCall` too. Lines that scripts cause do not come here, so nothing goes in a
    /// circle.
    func observe(_ body: @escaping @Sendable (Level, String) -> Void) {
        observer.withLock { $0 = Callback { body($0.0, $0.1) } }
    }

    package func info(_ message: String, _ fields: [(String, String)] = []) { log(.info, message, fields) }
    package func warning(_ message: String, _ fields: [(String, String)] = []) { log(.warning, message, fields) }
    package func error(_ message: String, _ fields: [(String, String)] = []) { log(.error, message, fields) }
    package func debug(_ message: String, _ fields: [(String, String)] = []) { log(.debug, message, fields) }

    /// A message begins with a capital and names what it is about; details are fields.
    package func log(_ level: Level, _ message: String, _ fields: [(String, String)]) {
        let order = Level.allCases
        guard let rank = order.firstIndex(of: level), let minimum = order.firstIndex(of: least), rank >= minimum else {
            return
        }
        var record: JSONValue = [
            "time": .string(Timestamp.now().withMicroseconds), "level": .string(level.rawValue),
            "message": .string(message), "caller": .string(caller),
        ]
        for (name, value) in fields { record[name] = .string(value) }
        switch format {
        case .json: write(record.description)
        case .text:
            let details = fields.map { "  \($0)=\($1.contains(" ") ? "\"\($1)\"" : $1)" }.joined()
            write("\(Timestamp.now().wholeSecond) \(level.rawValue.uppercased().prefix(4)) \(message)\(details)")
        }
        observer.withLock { $0 }?((level, record.description))
    }

    /// A line in one piece, so that lines of several threads do not mix.
    package static let toStandardError: @Sendable (String) -> Void = { line in
        let bytes = Array((line + "\n").utf8)
        _ = Glibc.write(2, bytes, bytes.count)
    }
}
