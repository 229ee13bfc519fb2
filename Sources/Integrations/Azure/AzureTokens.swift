internal import FoundationEssentials
internal import JSON
internal import Timestamps

/// Access tokens of the process's own Azure identity: workload identity, else the machine's.
actor AzureTokens {
    private static let margin: Duration = .seconds(300)

    private let http: HTTPClient
    private var cached: (text: String, expires: Timestamp)?

    init(_ http: HTTPClient) { self.http = http }

    func token() async throws(IntegrationError) -> String {
        if let cached, cached.expires - http.settings.now() > Self.margin { return cached.text }
        let environment = http.settings.process
        let reply: HTTPReply
        if let client = environment["AZURE_CLIENT_ID"], let tenant = environment["AZURE_TENANT_ID"],
            let file = environment["AZURE_FEDERATED_TOKEN_FILE"]
        {
            reply = try await exchange(client, tenant, file)
        } else {
            reply = try await fromMetadata()
        }
        guard let answer = try? JSONValue(parsing: reply.body), let text = answer["access_token"]?.string else {
            throw IntegrationError(.answer, "Azure answered without a token")
        }
        // The metadata service writes the number as a text.
        let seconds = answer["expires_in"]?.integer ?? answer["expires_in"]?.string.flatMap { Int64($0) } ?? 0
        cached = (text, http.settings.now() + .seconds(seconds))
        return text
    }

    private func exchange(_ client: String, _ tenant: String, _ file: String) async throws(IntegrationError)
        -> HTTPReply
    {
        guard let data = FileManager.default.contents(atPath: file), !data.isEmpty else {
            throw IntegrationError(.noCredentials, "AZURE_FEDERATED_TOKEN_FILE: the file \(file) is missing or empty")
        }
        let assertion = String(decoding: data, as: UTF8.self)
        let authority = try http.settings.endpoint(
            "AZURE_AUTHORITY_HOST", orElse: "https://login.microsoftonline.com")
        let form = Percent.form([
            ("grant_type", "client_credentials"), ("client_id", client),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion), ("scope", "https://storage.azure.com/.default"),
        ])
        var call = HTTPCall(
            "Azure login", "POST", authority.appending("/\(Percent.encode(tenant))/oauth2/v2.0/token"),
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: .bytes(Array(form.utf8)))
        call.secrets = [assertion]
        return try await http.succeed(call) { reply in
            (try? JSONValue(parsing: reply.body))?["error_description"]?.string
        }
    }

    private func fromMetadata() async throws(IntegrationError) -> HTTPReply {
        let query = "api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F"
        var call = HTTPCall(
            "Azure metadata", "GET",
            try WebAddress(http.settings.metadataEndpoint).appending("/metadata/identity/oauth2/token", query: query),
            headers: [("Metadata", "true")])
        call.route = .metadata
        call.total = .seconds(5)
        do throws(IntegrationError) {
            return try await http.succeed(call)
        } catch {
            switch error.code {
            case .connection, .timeout, .interrupted, .status:
                throw IntegrationError(
                    .noCredentials,
                    "no Azure credentials: give the helper an account key or a connection string, or run with an identity"
                )
            default: throw error
            }
        }
    }
}
