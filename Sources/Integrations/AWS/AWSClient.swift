internal import JSON
internal import Timestamps

/// Signs requests and sends them: what all AWS services have in common.
package struct AWSClient: Sendable {
    /// Keys that a script gave; nil takes the process's own credentials.
    package typealias Keys = AWSCredentials?

    package let http: HTTPClient
    private let chain: AWSCredentialChain

    package init(_ http: HTTPClient) {
        self.http = http
        chain = AWSCredentialChain(http)
    }

    /// Keys of two arguments: both or neither.
    package static func keys(_ id: String?, _ secret: String?) throws(IntegrationError) -> Keys {
        switch (id, secret) {
        case (nil, nil): return nil
        case (let id?, let secret?): return AWSCredentials(accessKeyID: id, secretAccessKey: secret)
        default: throw .invalid("give both, the AWS key's id and its secret, or neither")
        }
    }

    /// Sends a request, signed; once more if only our clock was wrong.
    func send(
        _ call: HTTPCall, service: String, region: String, keys: Keys, payloadHash: String
    ) async throws(IntegrationError) -> HTTPReply {
        try AWSRegion.check(region)
        let credentials: AWSCredentials
        if let keys { credentials = keys } else { credentials = try await chain.credentials(region: region) }
        func attempt(at time: Timestamp) async throws(IntegrationError) -> HTTPReply {
            var signed = call
            SignatureV4(credentials: credentials, region: region, service: service, time: time)
                .sign(&signed, payloadHash: payloadHash)
            return try await http.send(signed)
        }
        let reply = try await attempt(at: http.settings.now())
        guard !reply.isSuccess, let code = AWSError.read(reply.body)?.code,
            code == "RequestTimeTooSkewed" || code == "InvalidSignatureException" || code == "RequestExpired",
            let date = reply.headers["Date"].flatMap(HTTPDate.parse),
            abs((date - http.settings.now()).components.seconds) > Self.skewLimit
        else { return reply }
        return try await attempt(at: date)
    }

    /// S3 accepts a clock that is 15 minutes off, others five.
    private static let skewLimit: Int64 = 240

    /// The error for an answer that is no success.
    func failure(of call: HTTPCall, _ reply: HTTPReply, keys: Keys) -> IntegrationError {
        var call = call
        call.secrets += keys?.secrets ?? []
        let error = http.failure(of: call, reply, saying: AWSError.explain(reply))
        guard let code = AWSError.read(reply.body)?.code, AWSError.authenticationCodes.contains(code) else {
            return error
        }
        return IntegrationError(.authentication, error.message, status: error.status, body: error.body)
    }

    /// The service's address, or the one that a setting puts in its place.
    func endpoint(_ service: String, region: String) throws(IntegrationError) -> WebAddress {
        try AWSRegion.check(region)
        if let address = try http.settings.endpoint("AWS_ENDPOINT_URL_\(service.uppercased())", "AWS_ENDPOINT_URL") {
            return address
        }
        return try WebAddress("https://\(service).\(region).\(AWSRegion.domain(region))/")
    }
}
