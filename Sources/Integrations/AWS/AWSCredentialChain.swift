internal import FoundationEssentials
internal import JSON
internal import Timestamps

/// Finds the process's own AWS credentials: environment, IRSA, container (Pod Identity, ECS), instance profile.
///
/// The first place that is configured counts; temporary credentials are kept until five minutes before their end. What
/// scripts have in `env` does not matter here: they pass it as arguments.
package actor AWSCredentialChain {
    private let http: HTTPClient
    private var cached: AWSCredentials?

    /// New ones are fetched this long before the old ones end, so that a long upload does not outlive them.
    private static let margin: Duration = .seconds(300)

    package init(_ http: HTTPClient) { self.http = http }

    /// The credentials of now. `region` is where STS is asked, unless `AWS_REGION` says otherwise.
    package func credentials(region: String) async throws(IntegrationError) -> AWSCredentials {
        if let cached, cached.expiration.map({ $0 - http.settings.now() > Self.margin }) ?? false { return cached }
        let found = try await find(region: region)
        cached = found
        return found
    }

    private func variable(_ name: String) -> String? { http.settings.process[name] }

    private func find(region: String) async throws(IntegrationError) -> AWSCredentials {
        if let id = variable("AWS_ACCESS_KEY_ID"), let secret = variable("AWS_SECRET_ACCESS_KEY") {
            return AWSCredentials(
                accessKeyID: id, secretAccessKey: secret, sessionToken: variable("AWS_SESSION_TOKEN"))
        }
        if let role = variable("AWS_ROLE_ARN"), let file = variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
            return try await assumeRole(role, tokenFile: file, region: region)
        }
        if let endpoint = containerEndpoint { return try await fromContainer(endpoint) }
        return try await fromInstance()
    }

    // MARK: IRSA

    private func assumeRole(_ role: String, tokenFile: String, region: String) async throws(IntegrationError)
        -> AWSCredentials
    {
        // Read each time: the kubelet replaces it.
        let token = try read(tokenFile, "AWS_WEB_IDENTITY_TOKEN_FILE")
        let stsRegion = variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") ?? region
        let address =
            try http.settings.endpoint(
                "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL",
                orElse: "https://sts.\(stsRegion).\(AWSRegion.domain(stsRegion))/")
        let session = variable("AWS_ROLE_SESSION_NAME") ?? "remora-\(http.settings.now().microseconds / 1_000_000)"
        let form = Percent.form([
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", session), ("WebIdentityToken", token), ("DurationSeconds", "3600"),
        ])
        var call = HTTPCall(
            "STS", "POST", address,
            headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/xml")],
            body: .bytes(Array(form.utf8)))
        call.secrets = [token]
        let reply = try await http.succeed(call, explain: AWSError.explain)
        guard let result = XMLElement.parse(reply.body)?["AssumeRoleWithWebIdentityResult"]?["Credentials"],
            let id = result["AccessKeyId"]?.text, let secret = result["SecretAccessKey"]?.text,
            let sessionToken = result["SessionToken"]?.text
        else { throw IntegrationError(.answer, "STS at \(address.origin) answered without credentials") }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: sessionToken,
            expiration: expiration(result["Expiration"]?.text))
    }

    // MARK: Pod Identity, ECS

    private var containerEndpoint: String? {
        variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")
            ?? variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map { "http://169.254.170.2\($0)" }
    }

    private func fromContainer(_ endpoint: String) async throws(IntegrationError) -> AWSCredentials {
        var call = HTTPCall(
            "AWS container credentials", "GET", try WebAddress(endpoint, "the container credentials URL"))
        call.route = .metadata
        call.total = .seconds(10)
        if let file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            call[header: "Authorization"] = try read(file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        } else if let token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            call[header: "Authorization"] = token
        }
        return try credentials(in: try await http.succeed(call), of: call)
    }

    // MARK: Instance profile

    private func fromInstance() async throws(IntegrationError) -> AWSCredentials {
        guard variable("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else { throw Self.nothingFound }
        let base = try http.settings.endpoint(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT", orElse: http.settings.metadataEndpoint)
        func call(_ method: String, _ path: String, _ headers: [(name: String, value: String)]) -> HTTPCall {
            var call = HTTPCall("EC2 metadata", method, base.appending(path), headers: headers)
            call.route = .metadata
            // On a node without a metadata service nobody answers at all.
            call.total = .seconds(3)
            call.retries = .never
            return call
        }
        let roles = "/latest/meta-data/iam/security-credentials/"
        var headers: [(name: String, value: String)] = []
        do throws(IntegrationError) {
            let token = try await http.send(
                call("PUT", "/latest/api/token", [("X-aws-ec2-metadata-token-ttl-seconds", "21600")]))
            // kube2iam knows no tokens and does without.
            if token.isSuccess { headers = [("X-aws-ec2-metadata-token", token.text)] }
            let role = try await http.succeed(call("GET", roles, headers))
            guard let name = role.text.split(whereSeparator: \.isNewline).first, !name.isEmpty else {
                throw Self.nothingFound
            }
            let answer = call("GET", roles + Percent.encode(name), headers)
            return try credentials(in: try await http.succeed(answer), of: answer)
        } catch {
            switch error.code {
            case .connection, .timeout, .resolution, .status, .interrupted: throw Self.nothingFound
            default: throw error
            }
        }
    }

    private static let nothingFound = IntegrationError(
        .noCredentials,
        "no AWS credentials: give keys to the helper, annotate the service account with a role (IRSA, Pod Identity), or give the node an instance profile"
    )

    // MARK: Answers

    private func credentials(in reply: HTTPReply, of call: HTTPCall) throws(IntegrationError) -> AWSCredentials {
        guard let answer = try? JSONValue(parsing: reply.body), let id = answer["AccessKeyId"]?.string,
            let secret = answer["SecretAccessKey"]?.string
        else {
            throw IntegrationError(.answer, "\(call.service) at \(call.address.origin) answered without credentials")
        }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: answer["Token"]?.string,
            expiration: expiration(answer["Expiration"]?.string))
    }

    private func expiration(_ text: String?) -> Timestamp? { text.flatMap(Timestamp.init) }

    private func read(_ path: String, _ variable: String) throws(IntegrationError) -> String {
        guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
            throw IntegrationError(.noCredentials, "\(variable): the file \(path) is missing or empty")
        }
        let text = String(decoding: data, as: UTF8.self)
        return text.trimmed
    }
}
