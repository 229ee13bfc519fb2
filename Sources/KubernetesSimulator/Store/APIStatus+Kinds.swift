// Worded as kube-apiserver 1.20 words them: clients and people match on these texts.
extension APIStatus {
    static func badRequest(_ message: String) -> APIStatus {
        APIStatus(code: 400, reason: "BadRequest", message: message)
    }

    static let unauthorized = APIStatus(code: 401, reason: "Unauthorized", message: "Unauthorized")

    static func notFound(_ resource: Resource, _ name: String) -> APIStatus {
        about(
            resource, name,
            APIStatus(code: 404, reason: "NotFound", message: "\(resource.qualified) \"\(name)\" not found"))
    }

    static func noSuchResource() -> APIStatus {
        fromHTTPLayer(404, "NotFound", "the server could not find the requested resource")
    }

    static func methodNotAllowed() -> APIStatus {
        fromHTTPLayer(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
    }

    static func notAcceptable() -> APIStatus { fromHTTPLayer(406, "NotAcceptable", "406: Not Acceptable") }

    static func unsupportedMediaType() -> APIStatus {
        fromHTTPLayer(415, "UnsupportedMediaType", "415: Unsupported Media Type")
    }

    static func alreadyExists(_ resource: Resource, _ name: String) -> APIStatus {
        about(
            resource, name,
            APIStatus(code: 409, reason: "AlreadyExists", message: "\(resource.qualified) \"\(name)\" already exists"))
    }

    /// The object was changed since the client read it.
    static func modified(_ resource: Resource, _ name: String) -> APIStatus {
        conflict(
            resource, name,
            "the object has been modified; please apply your changes to the latest version and try again")
    }

    static func conflict(_ resource: Resource, _ name: String, _ reason: String) -> APIStatus {
        let message = "Operation cannot be fulfilled on \(resource.qualified) \"\(name)\": \(reason)"
        return about(resource, name, APIStatus(code: 409, reason: "Conflict", message: message))
    }

    /// A precondition of a deletion does not hold. The server names the kind here, not the resource.
    static func preconditionFailed(_ resource: Resource, _ name: String, _ reason: String) -> APIStatus {
        let message = "Operation cannot be fulfilled on \(resource.qualifiedKind) \"\(name)\": \(reason)"
        var status = APIStatus(code: 409, reason: "Conflict", message: message)
        status.name = name
        status.group = resource.group
        status.kind = resource.kind
        return status
    }

    /// Fields that do not pass validation.
    static func invalid(group: String, kind: String, name: String, _ causes: [Cause]) -> APIStatus {
        let faults = causes.map { "\($0.field.map { "\($0): " } ?? "")\($0.message)" }
        let list = faults.count == 1 ? faults[0] : "[\(faults.joined(separator: ", "))]"
        let qualified = group.isEmpty ? kind : "\(kind).\(group)"
        var status = APIStatus(code: 422, reason: "Invalid", message: "\(qualified) \"\(name)\" is invalid: \(list)")
        status.name = name
        status.group = group
        status.kind = kind
        status.causes = causes
        return status
    }

    static func invalid(_ resource: Resource, _ name: String, _ causes: [Cause]) -> APIStatus {
        invalid(group: resource.group, kind: resource.kind, name: name, causes)
    }

    /// A patch that does not fit the object.
    static func unprocessable() -> APIStatus {
        fromHTTPLayer(422, "Invalid", "the server rejected our request due to an error in our request")
    }

    /// The history that a watch wants to start in is forgotten.
    static func tooOld(_ requested: UInt64, oldest: UInt64) -> APIStatus {
        APIStatus(code: 410, reason: "Expired", message: "too old resource version: \(requested) (\(oldest))")
    }

    /// The history that a list wants to read from is forgotten.
    static func compacted() -> APIStatus {
        APIStatus(
            code: 410, reason: "Expired",
            message: "The resourceVersion for the provided list is too old.")
    }

    /// The history that a continue token points into is forgotten.
    static func expiredContinue(_ token: String) -> APIStatus {
        var status = APIStatus(
            code: 410, reason: "Expired",
            message: "The provided continue parameter is too old to display a consistent list result. You can start a "
                + "new list without the continue parameter, or use the continue token in this response to retrieve the "
                + "remainder of the results. Continuing with the provided token results in an inconsistent list - "
                + "objects that were created, modified, or deleted between the time the first chunk was returned and "
                + "now may show up in the list.")
        status.continueToken = token
        return status
    }

    /// A list at a revision that does not exist yet.
    static func tooLarge(_ requested: UInt64, current: UInt64) -> APIStatus {
        var status = APIStatus(
            code: 504, reason: "Timeout",
            message: "Timeout: Too large resource version: \(requested), current: \(current)")
        status.causes = [Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version")]
        status.retryAfterSeconds = 1
        return status
    }

    static func internalError(_ message: String) -> APIStatus {
        APIStatus(code: 500, reason: "", message: message)
    }

    /// The answer to a deletion that took effect at once.
    static func deleted(_ resource: Resource, name: String, uid: String) -> APIStatus {
        var status = about(resource, name, APIStatus(code: 200, reason: "", message: ""))
        status.uid = uid
        status.isSuccess = true
        return status
    }

    private static func about(_ resource: Resource, _ name: String, _ status: APIStatus) -> APIStatus {
        var status = status
        status.name = name
        status.group = resource.group
        status.kind = resource.plural
        return status
    }

    private static func fromHTTPLayer(_ code: Int, _ reason: String, _ message: String) -> APIStatus {
        var status = APIStatus(code: code, reason: reason, message: message)
        status.hasDetails = true
        return status
    }
}

extension APIStatus.Cause {
    static func invalid(_ field: String, _ value: String, _ rule: String) -> APIStatus.Cause {
        .init(reason: "FieldValueInvalid", message: "Invalid value: \"\(value)\": \(rule)", field: field)
    }

    static func required(_ field: String, _ rule: String) -> APIStatus.Cause {
        .init(
            reason: "FieldValueRequired", message: rule.isEmpty ? "Required value" : "Required value: \(rule)",
            field: field)
    }

    static func forbidden(_ field: String, _ rule: String) -> APIStatus.Cause {
        .init(reason: "FieldValueForbidden", message: "Forbidden: \(rule)", field: field)
    }

    static func unsupported(_ field: String, _ value: String, supported: [String]) -> APIStatus.Cause {
        let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return .init(
            reason: "FieldValueNotSupported", message: "Unsupported value: \(value): supported values: \(list)",
            field: field)
    }
}
