internal import ArgumentParser
internal import CurlTransport
internal import FoundationEssentials
internal import JSON
internal import KubernetesClient
internal import KubernetesConfiguration

/// How a command reaches the hub.
struct HubOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The hub's URL. Without it the hub is reached through the API server.", valueName: "url"))
    var hub: String?

    @Option(
        help: ArgumentHelp("The hub's service, as the API server's proxy has it: SCHEME:NAME:PORT.", valueName: "name"))
    var service = "https:remora-hub:https"

    @Option(
        help: ArgumentHelp(
            "With --hub https://…: trust this certificate, PEM; the hub's own is tls.crt in its status config map.",
            valueName: "file"))
    var hubCertificate: String?

    @Option(help: ArgumentHelp("A file with the token for the hub.", valueName: "file"))
    var hubTokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Who have no token themselves, but a certificate, ask the hub as this service account.", valueName: "name"))
    var hubAccount = "remora-user"

    @OptionGroup var cluster: ClusterOptions

    func connection() async throws -> HubConnection {
        var token: String?
        if let file = hubTokenFile {
            token = try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isWhitespace).first.map(
                String.init)
        }
        if let hub {
            let certificate = try hubCertificate.map { Array(try String(contentsOfFile: $0, encoding: .utf8).utf8) }
            return try HubConnection(url: hub, token: token ?? clusterToken(), certificate: certificate)
        }
        let client = try cluster.client()
        let namespace = cluster.namespace ?? client.configuration.namespace
        if token == nil { token = await ownToken(client, namespace) }
        return HubConnection(client: client, namespace: namespace, service: service, token: token)
    }

    /// What tells the hub who we are, behind a proxy that keeps our credentials for itself: our token, or, for those who
    /// have a certificate, a new one of the account for users, if we may have it.
    private func ownToken(_ client: KubernetesClient, _ namespace: String) async -> String? {
        let own = try? await client.configuration.credentials.credentials().authorization
        if case .bearer(let token) = own { return token }
        let wanted: JSONValue = [
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            // The least that API servers grant.
            "spec": ["expirationSeconds": 600],
        ]
        let response = try? await client.send(
            method: "POST", target: "/api/v1/namespaces/\(namespace)/serviceaccounts/\(hubAccount)/token",
            body: wanted.encoded())
        guard let response, response.status == 201, let body = try? await response.body.collect(limit: 1 << 20) else {
            // The hub's own answer says what is missing.
            return nil
        }
        return (try? JSONValue(parsing: body))?["status"]?["token"]?.string
    }

    /// For a hub that asks the cluster: our own token, if we have one.
    private func clusterToken() -> String? { cluster.token }
}

/// Requests to a hub: to its URL, or through the API server's proxy, which only needs the right to use it.
struct HubConnection: Sendable {
    private enum Way: Sendable {
        case direct(CurlTransport, url: String, TLSSettings)
        case proxy(KubernetesClient, prefix: String)
    }

    /// A hub that said no, or whose answer is none.
    struct Failure: Error, CustomStringConvertible {
        let status: Int
        let description: String
    }

    private let way: Way
    private let token: String?

    init(url: String, token: String?, certificate: [UInt8]? = nil) throws {
        way = .direct(
            try CurlTransport(name: "hub"), url: url.hasSuffix("/") ? String(url.dropLast()) : url,
            TLSSettings(trust: certificate.map { .certificate($0) } ?? .system))
        self.token = token
    }

    init(client: KubernetesClient, namespace: String, service: String, token: String?) {
        way = .proxy(client, prefix: "/api/v1/namespaces/\(namespace)/services/\(service)/proxy")
        self.token = token
    }

    /// For messages: where requests go.
    var place: String {
        switch way {
        case .direct(_, let url, _): url
        case .proxy(let client, let prefix): "\(client.configuration.server)\(prefix)"
        }
    }

    /// An answer with its body still to come. An error of the hub is thrown with its own words.
    func open(_ method: String = "GET", _ path: String, isStream: Bool = false) async throws -> HTTPResponse {
        let response: HTTPResponse
        switch way {
        case .direct(let transport, let url, let tls):
            var request = HTTPRequest(method: method, url: url + path, tls: tls)
            if let token { request.headers.append((name: "Authorization", value: "Bearer \(token)")) }
            if isStream { request.limits.silence = nil }
            response = try await transport.send(request)
        case .proxy(let client, let prefix):
            // The proxy takes Authorization for itself: what the hub is to see goes beside it.
            let headers = token.map { [("X-Remora-Token", $0)] } ?? []
            response = try await client.send(
                method: method, target: prefix + path, headers: headers, isStream: isStream)
        }
        guard 200..<300 ~= response.status || path.hasPrefix("/readyz") else {
            let body = try await response.body.collect(limit: 1 << 16)
            let text =
                (try? JSONValue(parsing: body))?["error"]?.string ?? (try? JSONValue(parsing: body))?["message"]?.string
            throw Failure(
                status: response.status,
                description: "\(place)\(path) answers \(response.status): "
                    + (text ?? String(decoding: body.prefix(300), as: UTF8.self)))
        }
        return response
    }

    /// A JSON answer.
    func json(_ method: String = "GET", _ path: String) async throws -> JSONValue {
        let body = try await open(method, path).body.collect(limit: 16 << 20)
        return try JSONValue(parsing: body)
    }
}
