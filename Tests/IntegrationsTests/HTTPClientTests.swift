import Metrics
import RecordingServer
import Testing
import Threading
import Timestamps

@testable import Integrations

@Suite("The client of all integrations")
struct HTTPClientTests {
    typealias Answer = RecordingServer.Answer

    private func client(
        allowsMetadata: Bool = false, _ registry: MetricRegistry = MetricRegistry()
    ) throws -> HTTPClient {
        var settings = IntegrationSettings()
        settings.allowsMetadataAddresses = allowsMetadata
        return try HTTPClient(settings: settings, metrics: IntegrationMetrics(registry))
    }

    private func call(_ url: String, method: String = "GET") throws -> HTTPCall {
        var call = HTTPCall("test", method, try WebAddress(url))
        call.redirects = 10
        return call
    }

    private func failure(_ client: HTTPClient, _ call: HTTPCall) async -> IntegrationError? {
        do {
            _ = try await client.send(call)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Redirects

    @Test("redirects change method and body as their status says, up to ten")
    func redirects() async throws {
        try await RecordingServer.run { request in
            switch request.path {
            case "/done": Answer(200, "\(request.method) \(request.text)")
            case "/loop": Answer(302, headers: [("Location", "/loop")])
            case "/ftp": Answer(302, headers: [("Location", "ftp://h/")])
            default:
                Answer(Int(request.path.dropFirst()) ?? 500, headers: [("Location", "a/../done?x=1")])
            }
        } _: { server in
            let client = try client()
            for (status, expected) in [(301, "GET "), (302, "GET "), (303, "GET "), (307, "POST b"), (308, "POST b")] {
                var call = try call("\(server.url)/\(status)", method: "POST")
                call.body = .bytes(Array("b".utf8))
                #expect(try await client.send(call).text == expected, "\(status)")
            }
            #expect(server.requests.last?.query == ["x": "1"])
            let before = server.requests.count
            #expect(try await failure(client, call("\(server.url)/loop"))?.code == .redirect)
            #expect(server.requests.count - before == 11)
            #expect(try await failure(client, call("\(server.url)/ftp"))?.code == .redirect)
            var unfollowed = try call("\(server.url)/301")
            unfollowed.redirects = 0
            #expect(try await client.send(unfollowed).status == 301)
            client.shutDown()
        }
    }

    @Test("what proves who we are goes to the server it was meant for, and not where that redirects")
    func credentialsAndRedirects() async throws {
        try await RecordingServer.run { _ in
            Answer()
        } _: { other in
            try await RecordingServer.run { request in
                let target = request.path == "/same" ? "/end" : other.url + "/"
                return request.path == "/end" ? Answer() : Answer(307, headers: [("Location", target)])
            } _: { server in
                let client = try client()
                for path in ["/same", "/other"] {
                    var call = try call("\(server.url.replacing("://", with: "://me:pass@"))\(path)")
                    call.headers = [("X-Api-Key", "k"), ("Cookie", "c=1"), ("X-Plain", "p")]
                    _ = try await client.send(call)
                }
                func shown(_ request: RecordingServer.Request?) -> [String?] {
                    ["authorization", "x-api-key", "cookie", "x-plain"].map { request?.headers[$0] }
                }
                #expect(shown(server.requests[1]) == ["Basic bWU6cGFzcw==", "k", "c=1", "p"])
                #expect(shown(other.requests.first) == [nil, nil, nil, "p"])
                client.shutDown()
            }
        }
    }

    // MARK: The guard

    @Test(
        "link-local and metadata addresses are refused, by name, number and mapped forms",
        arguments: [
            "http://169.254.169.254/latest", "http://[fe80::1]/", "http://[fd00:ec2::254]/",
            "http://[::ffff:169.254.169.254]/", "http://[64:ff9b::a9fe:a9fe]/", "http://metadata.google.internal/",
            "http://168.63.129.16/", "http://2852039166/", "http://0xA9FEA9FE/",
        ])
    func guardedAddresses(_ url: String) async throws {
        let client = try client()
        #expect(try await failure(client, call(url))?.code == .forbiddenAddress)
        client.shutDown()
    }

    @Test("a redirect to a metadata address is refused too")
    func guardedRedirect() async throws {
        try await RecordingServer.run { _ in
            Answer(302, headers: [("Location", "http://169.254.1.1:1/")])
        } _: { server in
            let client = try client()
            let error = try await failure(client, call(server.url))
            #expect(error?.code == .forbiddenAddress)
            #expect(
                error?.message
                    == "not connecting to http://169.254.1.1:1: 169.254.1.1 is a link-local or metadata address")
            client.shutDown()
        }
    }

    // MARK: Retries and limits

    @Test("what may be repeated is, after the time that the server asks for, and the metrics say so")
    func retries() async throws {
        let statuses = [503, 429, 200]
        let count = Counter()
        try await RecordingServer.run { _ in
            Answer(statuses[min(count.next(), 2)], headers: [("Retry-After", "0")])
        } _: { server in
            let registry = MetricRegistry()
            let client = try client(registry)
            #expect(try await client.send(try call(server.url)).status == 200)
            let page = registry.exposition()
            #expect(page.contains("remora_integration_retries_total{integration=\"test\"} 2\n"))
            #expect(page.contains("remora_integration_requests_total{integration=\"test\",result=\"2xx\"} 1\n"))
            #expect(page.contains("remora_integration_in_flight{integration=\"test\"} 0\n"))
            client.shutDown()
        }
    }

    @Test("a wait beyond the call's time is not begun")
    func longWait() async throws {
        try await RecordingServer.run { _ in
            Answer(429, headers: [("Retry-After", "3600")])
        } _: { server in
            let client = try client()
            #expect(try await client.send(try call(server.url)).status == 429)
            #expect(server.requests.count == 1)
            client.shutDown()
        }
    }

    @Test("an answer above the limit is refused, one that breaks off is an error, and so is one that never comes")
    func badAnswers() async throws {
        try await RecordingServer.run { request in
            var answer = Answer(200, String(repeating: "x", count: request.path == "/large" ? 2 << 20 : 10))
            answer.isCutInBody = request.path == "/cut"
            if request.path == "/never" { answer.delay = .seconds(3600) }
            return answer
        } _: { server in
            let client = try client()
            for (path, code) in [
                ("/large", IntegrationError.Code.tooLarge), ("/cut", .interrupted), ("/never", .timeout),
            ] {
                var call = try call(server.url + path)
                call.retries = .never
                if path == "/never" { call.total = .milliseconds(200) }
                #expect(await failure(client, call)?.code == code, "\(path)")
            }
            client.shutDown()
        }
    }

    @Test("secrets are cut out of messages and bodies that echo them")
    func secrets() async throws {
        try await RecordingServer.run { request in
            Answer(400, "you sent \(request.headers["authorization"] ?? "") and \(request.query["key"] ?? "")")
        } _: { server in
            let client = try client()
            var call = try call("\(server.url)/?key=query-secret")
            call[header: "Authorization"] = "Bearer header-secret"
            call.secrets = ["query-secret"]
            do {
                _ = try await client.succeed(call) { $0.text }
                Issue.record("no error")
            } catch let error as IntegrationError {
                #expect(error.message == "test at \(server.url) answered 400: you sent [secret] and [secret]")
                #expect(error.body == "you sent [secret] and [secret]")
            }
            client.shutDown()
        }
    }
}

/// Counts from 0.
final class Counter: Sendable {
    private let value = Locked(0)
    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}
