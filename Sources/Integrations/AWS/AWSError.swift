internal import JSON

/// Reads AWS' own words out of an answer: XML of S3 and STS, JSON of Kinesis.
enum AWSError {
    /// The code and the message.
    static func read(_ body: [UInt8]) -> (code: String, message: String)? {
        if let root = XMLElement.parse(body),
            let error = root.name == "Error" ? root : root["Error"] ?? root["Errors"]?["Error"]
        {
            return (error["Code"]?.text ?? "", error["Message"]?.text ?? "")
        }
        guard let answer = try? JSONValue(parsing: body), let type = answer["__type"]?.string else { return nil }
        let message = answer["message"]?.string ?? answer["Message"]?.string ?? ""
        // `com.amazon.coral#…`
        return (String(type.split(separator: "#").last ?? ""), message)
    }

    /// `<Code>: <Message>`
    static func explain(_ reply: HTTPReply) -> String? {
        guard let (code, message) = read(reply.body) else { return nil }
        return message.isEmpty ? code : "\(code): \(message)"
    }

    /// Errors that are about who asks, whatever their status.
    static let authenticationCodes: Set<String> = [
        "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "AccessDeniedException", "ExpiredToken",
        "ExpiredTokenException", "InvalidSignatureException", "UnrecognizedClientException",
        "IncompleteSignatureException", "MissingAuthenticationTokenException", "InvalidClientTokenId",
    ]
}
