import Testing
import Timestamps

@testable import Integrations

@Suite("AWS Signature Version 4")
struct SignatureV4Tests {
    private let credentials = AWSCredentials(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

    private func signer(_ service: String, _ time: String, token: String? = nil) throws -> SignatureV4 {
        var credentials = credentials
        credentials.sessionToken = token
        return SignatureV4(
            credentials: credentials, region: "us-east-1", service: service, time: try #require(Timestamp(time)))
    }

    @Test("the signing key of a day, region and service")
    func signingKey() throws {
        #expect(
            Digest.hex(try signer("iam", "2015-08-30T12:36:00Z").signingKey)
                == "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9")
    }

    @Test("a plain GET: canonical request and signature")
    func vanilla() throws {
        let signer = try signer("service", "2015-08-30T12:36:00Z")
        var call = HTTPCall("test", "GET", try WebAddress("https://example.amazonaws.com/"))
        signer.sign(&call, payloadHash: S3.emptyHash)
        let parts = signer.parts(of: call, payloadHash: S3.emptyHash)
        #expect(
            parts.canonicalRequest == """
                GET
                /

                host:example.amazonaws.com
                x-amz-date:20150830T123600Z

                host;x-amz-date
                e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
                """)
        #expect(
            Digest.sha256(Array(parts.canonicalRequest.utf8))
                == "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63")
        #expect(parts.signature == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
        #expect(
            call[header: "authorization"]
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, Signature=\(parts.signature)")
    }

    @Test("queries are sorted and encoded, paths encoded twice but for S3, headers trimmed and collapsed")
    func canonical() throws {
        let address = try WebAddress("http://h:9000/a b/ü+?b=2&a=x y&c&a=%2F&A=1")
        for (service, path) in [("s3", "/a%20b/%C3%BC%2B"), ("kinesis", "/a%2520b/%25C3%25BC%252B")] {
            let signer = try signer(service, "2026-01-02T03:04:05.6Z", token: "tok")
            var call = HTTPCall("test", "PUT", address, headers: [("X-Two", "  a   b "), ("Content-Type", "x")])
            signer.sign(&call, payloadHash: "hash")
            let lines = signer.parts(of: call, payloadHash: "hash").canonicalRequest.split(
                separator: "\n", omittingEmptySubsequences: false)
            #expect(lines[0] == "PUT" && lines[1] == path)
            #expect(lines[2] == "A=1&a=%2F&a=x%20y&b=2&c=")
            #expect(
                lines.dropFirst(3).dropLast(3) == ["content-type:x", "host:h:9000"]
                    + (service == "s3" ? ["x-amz-content-sha256:hash"] : [])
                    + ["x-amz-date:20260102T030405Z", "x-amz-security-token:tok", "x-two:a b"])
            // What is sent is what was signed.
            #expect(call.address.path == "/a%20b/%C3%BC%2B")
            #expect(call.address.query == "A=1&a=%2F&a=x%20y&b=2&c=")
            #expect(call.allSecrets.contains(credentials.secretAccessKey))
        }
    }

    @Test("credentials never show their secrets")
    func secrecy() throws {
        let credentials = try signer("s3", "2026-01-02T03:04:05Z", token: "the-token").credentials
        var text = "\(credentials)"
        dump(credentials, to: &text)
        #expect(!text.contains("wJalr") && !text.contains("the-token"))
        #expect(text.contains("AKIDEXAMPLE"))
    }
}
