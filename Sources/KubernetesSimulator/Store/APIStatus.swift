public import JSON

/// An answer of the API server that is not the object asked for: code, reason and a message for a person.
public struct APIStatus: Error, Equatable, Sendable, CustomStringConvertible {
    /// One of the things that are wrong.
    public struct Cause: Equatable, Sendable {
        /// A word for programs, such as `FieldValueInvalid`.
        public var reason: String
        /// A sentence for a person.
        public var message: String
        /// The path of the field, such as `metadata.name`.
        public var field: String?

        /// A cause.
        public init(reason: String, message: String, field: String? = nil) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    /// The HTTP status code. Nil leaves it out of the object, as broken proxies and some old servers do.
    public var code: Int?
    /// A word for programs, such as `Conflict`; empty where the server gives none.
    public var reason: String
    /// What happened.
    public var message: String
    /// The object's name, if the status is about one.
    public var name: String?
    /// The API group of `kind`, empty for the core group.
    public var group = ""
    /// The kind or plural that the status is about.
    public var kind: String?
    /// The object's identity, if known.
    public var uid: String?
    /// What is wrong, one by one.
    public var causes: [Cause] = []
    /// When to try again.
    public var retryAfterSeconds: Int?
    /// Where a list can go on, at the price of a gap in its consistency.
    public var continueToken: String?
    /// Whether this is good news: the answer to most deletions.
    public var isSuccess = false
    /// Whether an empty `details` object is written, as the server's HTTP layer does and its storage layer does not.
    var hasDetails = false

    /// A failure.
    public init(code: Int?, reason: String, message: String) {
        self.code = code
        self.reason = reason
        self.message = message
    }

    /// The message.
    public var description: String { message }

    /// The object that travels.
    public var json: JSONValue {
        var metadata: JSONValue = [:]
        if let continueToken { metadata["continue"] = .string(continueToken) }
        var status: JSONValue = [
            "kind": "Status", "apiVersion": "v1", "metadata": metadata,
            "status": isSuccess ? "Success" : "Failure",
        ]
        if !message.isEmpty { status["message"] = .string(message) }
        if !reason.isEmpty { status["reason"] = .string(reason) }
        if let details { status["details"] = details }
        if let code, !isSuccess { status["code"] = .integer(Int64(code)) }
        return status
    }

    private var details: JSONValue? {
        var details: JSONValue = [:]
        if let name, !name.isEmpty { details["name"] = .string(name) }
        if !group.isEmpty { details["group"] = .string(group) }
        if let kind { details["kind"] = .string(kind) }
        if let uid { details["uid"] = .string(uid) }
        if !causes.isEmpty {
            details["causes"] = .array(
                causes.map { cause in
                    var value: JSONValue = ["reason": .string(cause.reason), "message": .string(cause.message)]
                    if let field = cause.field { value["field"] = .string(field) }
                    return value
                })
        }
        if let retryAfterSeconds { details["retryAfterSeconds"] = .integer(Int64(retryAfterSeconds)) }
        if details == [:] && !hasDetails { return .none }
        return details
    }
}
