internal import JSON

/// What the server says about a request that did not do what was asked (meta/v1 Status).
public struct APIStatus: Sendable, Equatable {
    /// The HTTP code, also where the status comes inside a watch; 0 if the server gave none.
    public var code: Int
    /// A word for programs, for example `NotFound`, `Conflict`, `Expired`.
    public var reason: String
    /// A sentence for people.
    public var message: String
    /// Details, for example the field that is wrong.
    public var causes: [Cause]
    /// After how many seconds the server wants to be asked again.
    public var retryAfterSeconds: Int64?

    /// One cause among several.
    public struct Cause: Sendable, Equatable {
        /// A word for programs, for example `FieldValueInvalid`.
        public var reason = ""
        /// A sentence for people.
        public var message = ""
        /// The field's path.
        public var field = ""

        /// A cause.
        public init(reason: String = "", message: String = "", field: String = "") {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    /// A status.
    public init(
        code: Int = 0, reason: String = "", message: String = "", causes: [Cause] = [], retryAfterSeconds: Int64? = nil
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.causes = causes
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// The version asked for is no longer known: whoever has it must list anew.
    public var isExpired: Bool { code == 410 || reason == "Expired" || reason == "Gone" }

    /// The version asked for is not known yet: this server is behind, or was restored from a backup.
    public var isFromTheFuture: Bool {
        causes.contains { $0.reason == "ResourceVersionTooLarge" } || message.contains("Too large resource version")
    }
}

extension APIStatus {
    /// Reads a Status from the body of a response. Proxies answer with text of their own: that becomes the message.
    init(body: [UInt8], httpStatus: Int) {
        let parsed = body.withUnsafeBytes { bytes in
            Result { () throws(JSONError) in
                var reader = JSONReader(bytes)
                return try APIStatus(from: &reader)
            }
        }
        if case .success(let status) = parsed, status != APIStatus() {
            self = status
        } else {
            let text = String(decoding: body.prefix(512), as: UTF8.self)
            self.init(message: text.split(whereSeparator: \.isNewline).joined(separator: " "))
        }
        if code == 0 { code = httpStatus }
    }

    /// Reads the Status that comes next.
    init(from reader: inout JSONReader) throws(JSONError) {
        self.init()
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "code": code = Int(clamping: try reader.integer())
            case "reason": reason = try reader.text()
            case "message": message = try reader.text()
            case "details": try readDetails(&reader)
            default: try reader.skipValue()
            }
        }
    }

    private mutating func readDetails(_ reader: inout JSONReader) throws(JSONError) {
        guard try reader.beginObjectOrNull() else { return }
        while let key = try reader.nextMember() {
            switch key {
            case "retryAfterSeconds": retryAfterSeconds = try reader.integer()
            case "causes":
                guard try reader.beginArrayOrNull() else { break }
                while try reader.nextElement() { causes.append(try Cause(from: &reader)) }
            default: try reader.skipValue()
            }
        }
    }
}

extension APIStatus.Cause {
    fileprivate init(from reader: inout JSONReader) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "reason": reason = try reader.text()
            case "message": message = try reader.text()
            case "field": field = try reader.text()
            default: try reader.skipValue()
            }
        }
    }
}
