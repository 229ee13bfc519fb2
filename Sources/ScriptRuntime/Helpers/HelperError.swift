/// What a helper throws so that the script sees a proper `Error` with a code it can compare.
///
/// Never put a token, a key or the query string of a secret URL into the message: it goes to consoles.
public struct HelperError: Error, Equatable, Sendable, CustomStringConvertible {
    static let defaultName = "Error"
    /// The first part of an answer is enough to see what went wrong, and keeps consoles readable.
    static let bodyLimit = 4096

    /// The text of the error: what happened, to what, and what to do.
    public let message: String
    /// The error's `name`, such as `TypeError`.
    public let name: String
    /// A short stable word such as `ENOENT`, `HTTP_STATUS`, `TIMEOUT`.
    public let code: String?
    /// The status of an HTTP answer.
    public let status: Int?
    /// The first 4 KiB of an HTTP answer.
    public let body: String?

    /// Makes an error of which the script sees `message`, and as far as given `code`, `status`, `body`.
    public init(
        _ message: String, name: String = "Error", code: String? = nil, status: Int? = nil, body: String? = nil
    ) {
        self.message = message
        self.name = name
        self.code = code
        self.status = status
        self.body = body.map { String(decoding: $0.utf8.prefix(Self.bodyLimit), as: UTF8.self) }
    }

    /// The name and the message, as `String(error)` gives them in a script.
    public var description: String { "\(name): \(message)" }
}
