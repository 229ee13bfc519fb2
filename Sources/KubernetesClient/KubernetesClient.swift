public import CurlTransport
internal import JSON
public import KubernetesConfiguration

/// A client of the Kubernetes API: get, list, watch, create, update, patch, delete.
///
/// Requests carry the credentials of the configuration; a 401 makes them be read or fetched anew, once, before the
/// error is reported. Errors are ``APIError``s whose descriptions say what happened, to what, and what to do.
///
/// A client may be used from any task. All clients of a process can share one ``CurlTransport``.
///
/// ```swift
/// let client = try KubernetesClient(configuration: .load())
/// let pod = try await client.get(.pods, namespace: "shop", name: "cart-0")
/// ```
public final class KubernetesClient: Sendable {
    /// Where the server is and who we are.
    public let configuration: ClusterConfiguration
    let transport: CurlTransport
    private let livenessProbe = LivenessProbe()

    /// What requests say about who sends them. API servers show it in audit logs; one that begins with "curl" gets
    /// pretty-printed answers, half as large again.
    public let userAgent: String

    /// A client for the configured cluster.
    public init(
        configuration: ClusterConfiguration, transport: CurlTransport? = nil, userAgent: String = "remora"
    ) throws {
        self.configuration = configuration
        self.transport = try transport ?? CurlTransport(name: "curl-k8s")
        self.userAgent = userAgent
    }

    /// Sends a request and returns its response once it is known to be a success.
    func open(_ request: APIRequest) async throws -> APIResponse {
        let summary = request.summary.summary(server: configuration.server.description)
        guard request.namesItsObject else { throw APIError.noName(summary) }
        let credentials = try await credentials()
        do {
            return try await attempt(request, summary, credentials)
        } catch let error as APIError where error.status?.code == 401 {
            await configuration.credentials.refused(credentials)
            let renewed = try await self.credentials()
            // The same ones again would only be refused again.
            guard renewed != credentials else { throw error }
            return try await attempt(request, summary, renewed)
        }
    }

    private func credentials() async throws -> Credentials {
        do {
            return try await configuration.credentials.credentials()
        } catch {
            throw APIError.configuration(error)
        }
    }

    private func attempt(
        _ request: APIRequest, _ summary: APIRequestSummary, _ credentials: Credentials
    ) async throws -> APIResponse {
        let response: HTTPResponse
        do {
            response = try await transport.send(try httpRequest(request, credentials))
        } catch {
            throw transportError(error, for: summary)
        }
        if 200..<300 ~= response.status { return APIResponse(http: response, request: summary) }
        let body = (try? await response.body.collect(limit: Self.statusByteLimit)) ?? []
        var status = APIStatus(body: body, httpStatus: response.status)
        status.retryAfterSeconds = response.headers["Retry-After"].flatMap { Int64($0) } ?? status.retryAfterSeconds
        throw APIError.status(status, summary)
    }

    /// A Status is small; whatever else a broken server sends with an error code is not worth more.
    private static let statusByteLimit = 1 << 20

    func httpRequest(
        _ request: APIRequest, _ credentials: Credentials, _ further: [(String, String)] = []
    ) throws -> HTTPRequest {
        let tls: TLSSettings
        do {
            tls = try configuration.tlsSettings(for: credentials)
        } catch {
            throw APIError.configuration(error)
        }
        var headers = [("User-Agent", userAgent), ("Accept", "application/json")]
        if let authorization = credentials.authorization.headerValue {
            headers.append(("Authorization", authorization))
        }
        if let impersonation = configuration.impersonation { headers += impersonation.headers }
        if request.body != nil { headers.append(("Content-Type", request.contentType)) }
        headers += further
        return HTTPRequest(
            method: request.method, url: configuration.server.description + request.target, headers: headers,
            body: request.body, tls: tls, proxy: configuration.proxy, limits: request.limits,
            acceptsCompression: request.acceptsCompression, wantsNewConnection: request.wantsNewConnection)
    }

    /// An error below HTTP as one that names the request; cancellation stays what it is.
    func transportError(_ error: any Error, for request: APIRequestSummary) -> any Error {
        (error as? TransportError).map { APIError.transport($0, request) } ?? error
    }

    /// A response's body, up to `limit` bytes.
    func collect(_ response: APIResponse, limit: Int, for request: APIRequestSummary) async throws -> [UInt8] {
        do {
            return try await response.http.body.collect(limit: limit)
        } catch {
            throw transportError(error, for: request)
        }
    }

    /// What `body` reads, with an error that names the request.
    func decode<Value>(_ request: APIRequestSummary, _ body: () throws(JSONError) -> Value) throws(APIError) -> Value {
        do throws(JSONError) {
            return try body()
        } catch {
            throw APIError.malformed(error, request)
        }
    }

    /// Asks the server for a sign of life and returns the connection over which it came; nil if none came in time.
    ///
    /// Callers at the same time share one request. Over HTTP/2 it travels on the connection of the watches.
    func probe(limit: Duration) async -> ConnectionIdentity? {
        await livenessProbe.run { [self] in
            // Any answer is a sign of life, 401 and 403 too.
            var request = APIRequest(
                summary: .init(verb: "get", resource: APIResource(plural: "livez", kind: "")), path: "/livez")
            request.limits = TimeLimits(connect: limit, headers: limit, silence: limit, total: limit)
            guard let credentials = try? await credentials(), let http = try? httpRequest(request, credentials),
                let response = try? await transport.send(http)
            else { return nil }
            // Read to its end, so that an HTTP/1.1 connection can serve again.
            _ = try? await response.body.collect(limit: Self.statusByteLimit)
            return response.connection
        }
    }
}

/// A successful response to an API request.
struct APIResponse: Sendable {
    let http: HTTPResponse
    let request: APIRequestSummary
}

/// Lets callers that ask at the same time share one answer.
private actor LivenessProbe {
    private var running: Task<ConnectionIdentity?, Never>?

    func run(_ probe: @escaping @Sendable () async -> ConnectionIdentity?) async -> ConnectionIdentity? {
        if let running { return await running.value }
        let task = Task { await probe() }
        running = task
        defer { running = nil }
        return await task.value
    }
}
