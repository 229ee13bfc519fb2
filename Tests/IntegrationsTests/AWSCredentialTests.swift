import Glibc
import Metrics
import RecordingServer
import Testing
import Timestamps

@testable import Integrations

@Suite("AWS credentials of the process")
struct AWSCredentialTests {
    private func chain(_ environment: [String: String], metadata: String = "http://127.0.0.1:1") throws
        -> AWSCredentialChain
    {
        var settings = IntegrationSettings(process: environment)
        settings.metadataEndpoint = metadata
        return AWSCredentialChain(try HTTPClient(settings: settings, metrics: IntegrationMetrics(MetricRegistry())))
    }

    private static let json =
        #"{"AccessKeyId":"ID","SecretAccessKey":"SECRET","Token":"TOKEN","Expiration":"2099-01-01T00:00:00Z"}"#
    private static let expected = AWSCredentials(
        accessKeyID: "ID", secretAccessKey: "SECRET", sessionToken: "TOKEN",
        expiration: Timestamp("2099-01-01T00:00:00Z"))

    @Test("the environment comes first")
    func environment() async throws {
        let chain = try chain([
            "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c", "AWS_ROLE_ARN": "r",
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere",
        ])
        #expect(
            try await chain.credentials(region: "us-east-1")
                == AWSCredentials(accessKeyID: "a", secretAccessKey: "b", sessionToken: "c"))
    }

    @Test("Pod Identity: the token's file is sent as it is, and the answer kept until it ends")
    func container() async throws {
        try await RecordingServer.run { request in
            request.headers["authorization"] == "pod-token" ? .init(200, Self.json) : .init(401)
        } _: { server in
            let path = "/tmp/remora-token-\(server.port)"
            try ServerProcess.write("pod-token\n", to: path)
            let chain = try chain([
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url + "/v1/credentials",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path,
            ])
            #expect(try await chain.credentials(region: "us-east-1") == Self.expected)
            #expect(try await chain.credentials(region: "us-east-1") == Self.expected)
            #expect(server.requests.map(\.path) == ["/v1/credentials"])
            unlink(path)
        }
    }

    @Test(
        "the instance profile is asked with a token, and without one where kube2iam stands in",
        arguments: [true, false])
    func instance(_ hasTokens: Bool) async throws {
        try await RecordingServer.run { request in
            switch (request.method, request.path) {
            case ("PUT", "/latest/api/token") where hasTokens: return .init(200, "imds-token")
            case ("GET", "/latest/meta-data/iam/security-credentials/"): return .init(200, "role-1\n")
            case ("GET", "/latest/meta-data/iam/security-credentials/role-1"): return .init(200, Self.json)
            default: return .init(404)
            }
        } _: { server in
            let chain = try chain([:], metadata: server.url)
            #expect(try await chain.credentials(region: "us-east-1") == Self.expected)
            let tokens = server.requests.dropFirst().map { $0.headers["x-aws-ec2-metadata-token"] }
            #expect(tokens == (hasTokens ? ["imds-token", "imds-token"] : [nil, nil]))
            #expect(server.requests[0].headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600")
        }
    }

    @Test("where nothing is found the error says what to do")
    func nothing() async throws {
        let error = await #expect(throws: IntegrationError.self) {
            try await chain([:]).credentials(region: "us-east-1")
        }
        #expect(error?.code == .noCredentials)
    }
}
