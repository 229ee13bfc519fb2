internal import JSON
internal import Timestamps

/// Access tokens for Google Cloud, kept until five minutes before their end.
package actor GoogleTokens {
    private struct Token {
        let text: String
        let expires: Timestamp
    }

    private static let scope = "https://www.googleapis.com/auth/devstorage.read_write"
    private static let margin: Duration = .seconds(300)

    private let http: HTTPClient
    /// By account and key; the workload's own under "".
    private var tokens: [String: Token] = [:]

    package init(_ http: HTTPClient) { self.http = http }

    /// A token for a key, or without one for what the process runs as.
    package func token(_ key: GoogleKey?) async throws(IntegrationError) -> String {
        let name = key.map { "\($0.email) \($0.keyID)" } ?? ""
        if let token = tokens[name], token.expires - http.settings.now() > Self.margin { return token.text }
        let token: Token
        if let key { token = try await exchange(key) } else { token = try await fromMetadata() }
        // Scripts that read keys from somewhere must not fill the memory.
        if tokens.count > 100 { tokens.removeAll() }
        tokens[name] = token
        return token.text
    }

    private func exchange(_ key: GoogleKey) async throws(IntegrationError) -> Token {
        let assertion = try key.assertion(scope: Self.scope, now: http.settings.now().microseconds / 1_000_000)
        let form = Percent.form([
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion),
        ])
        var call = HTTPCall(
            "Google OAuth", "POST", key.tokenAddress,
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: .bytes(Array(form.utf8)))
        call.secrets = [key.secret, assertion]
        let reply = try await http.send(call)
        guard reply.isSuccess else {
            let error = http.failure(of: call, reply, saying: Self.explain(reply))
            // `invalid_grant`: a disabled key, or our clock.
            let isGrant = reply.status == 400 && reply.text.contains("invalid_")
            throw isGrant
                ? IntegrationError(.authentication, error.message, status: error.status, body: error.body) : error
        }
        return try token(in: reply, of: call)
    }

    private func fromMetadata() async throws(IntegrationError) -> Token {
        let base = try WebAddress(http.settings.googleMetadataEndpoint)
        var call = HTTPCall(
            "Google metadata", "GET",
            base.appending("/computeMetadata/v1/instance/service-accounts/default/token"),
            headers: [("Metadata-Flavor", "Google")])
        call.route = .metadata
        call.total = .seconds(5)
        do throws(IntegrationError) {
            return try token(in: try await http.succeed(call), of: call)
        } catch {
            switch error.code {
            case .connection, .timeout, .resolution, .interrupted, .status:
                throw IntegrationError(
                    .noCredentials,
                    "no Google credentials: give the helper a service account key, or run with workload identity")
            default: throw error
            }
        }
    }

    private func token(in reply: HTTPReply, of call: HTTPCall) throws(IntegrationError) -> Token {
        guard let answer = try? JSONValue(parsing: reply.body), let text = answer["access_token"]?.string else {
            throw IntegrationError(.answer, "\(call.service) at \(call.address.origin) answered without a token")
        }
        let seconds = answer["expires_in"]?.integer ?? 0
        return Token(text: text, expires: http.settings.now() + .seconds(seconds))
    }

    /// `{"error":"invalid_grant","error_description":"…"}`
    private static func explain(_ reply: HTTPReply) -> String? {
        guard let answer = try? JSONValue(parsing: reply.body) else { return nil }
        return [answer["error"]?.string, answer["error_description"]?.string].compactMap(\.self).joined(separator: ": ")
    }
}
