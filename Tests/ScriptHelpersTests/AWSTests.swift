import Glibc
import RecordingServer
import Testing

@testable import Integrations
@testable import ScriptHelpers

/// Against moto's server, which implements S3, Kinesis and STS.
@Suite("vendor.s3 and vendor.kinesis against moto", .serialized, .enabled(if: ServerProcess.isWanted("moto_server")))
struct AWSTests {
    private static func moto<Result: Sendable>(_ body: (ServerProcess) async throws -> Result) async throws -> Result {
        try await ServerProcess.run(
            "moto_server", arguments: { port, _ in ["-H", "127.0.0.1", "-p", String(port)] }, body)
    }

    private static let keys: [String: String] = [
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-mine",
    ]

    private static func environment(_ server: ServerProcess) -> [String: String] {
        keys.merging(["AWS_ENDPOINT_URL": server.url]) { $1 }
    }

    /// What moto reads of a signature: whose it is said to be.
    private static let owner = "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request"

    /// Asks moto with plain curl, as an outsider to our code.
    private static func curl(_ arguments: String...) async throws -> String {
        let result = try await ServerProcess.output("curl", ["-sS", "-H", owner] + arguments)
        #expect(result.isSuccess, "\(result.text)")
        return result.text
    }

    @Test("files go up in both orders of arguments, and clear deletes this node's folder and no neighbour's")
    func buckets() async throws {
        try await Self.moto { server in
            _ = try await Self.curl("-X", "PUT", "\(server.url)/bucket")
            _ = try await Self.curl("-X", "PUT", "\(server.url)/bucket/node-a_10.0.0.12/neighbour", "-d", "x")
            let lines = try await HelperBench.run(
                """
                file.write("a b+ü.txt", "hello");
                file.write("empty", "");
                console.log(vendor.s3.put("bucket", "a b+ü.txt", "us-east-1"));
                console.log(vendor.s3.put("us-east-1", "id", "secret", "bucket", "a b+ü.txt"));
                console.log(vendor.s3.put("bucket", "empty", "us-east-1", "id", "secret"));
                try { vendor.s3.put("bucket", "missing", "us-east-1"); } catch (e) { console.log(e.code, e.message); }
                try { vendor.s3.put("nobucket", "empty", "us-east-1"); } catch (e) { console.log(e.code, e.status, e.message); }
                """, process: Self.environment(server))
            let url = "\(server.url)/bucket/node-a_10.0.0.1/a%20b%2B%C3%BC.txt"
            #expect(
                lines == [
                    "Uploaded node-a_10.0.0.1/a b+ü.txt file to AWS S3 bucket: bucket", url,
                    "vendor.s3.put: arguments in the order region, keyID, accessKey, bucket, path are deprecated: use bucket, path, region, keyID, accessKey",
                    "Uploaded node-a_10.0.0.1/a b+ü.txt file to AWS S3 bucket: bucket", url,
                    "Uploaded node-a_10.0.0.1/empty file to AWS S3 bucket: bucket",
                    "\(server.url)/bucket/node-a_10.0.0.1/empty", "ENOENT open missing: no such file or directory",
                    "HTTP_STATUS 404 S3 at \(server.url) answered 404: NoSuchBucket: The specified bucket does not exist",
                ])
            #expect(try await Self.curl(url) == "hello")
            let head = try await Self.curl("-I", url).lowercased()
            #expect(head.contains("content-type: text/plain; charset=utf-8"))
            let cleared = try await HelperBench.run(
                """
                vendor.s3.clear("us-east-1", "id", "secret", "bucket");
                vendor.s3.clear("bucket", "us-east-1");
                """, process: Self.environment(server))
            let notice = "Deleted all files under node-a_10.0.0.1/ in AWS S3 bucket: bucket"
            #expect(cleared == [notice, notice])
            let list = try await Self.curl("\(server.url)/bucket?list-type=2")
            #expect(list.contains("<Key>node-a_10.0.0.12/neighbour</Key>") && !list.contains("node-a_10.0.0.1/"))
        }
    }

    @Test("a large file goes up in parts and arrives whole; more than a page of objects is cleared")
    func parts() async throws {
        try await Self.moto { server in
            _ = try await Self.curl("-X", "PUT", "\(server.url)/bucket")
            let bench = try HelperBench(process: Self.environment(server))
            let made = try await ServerProcess.output(
                "sh",
                ["-c", "head -c 70000001 /dev/urandom > \"$0\"/data/big && sha256sum < \"$0\"/data/big", bench.folder])
            try await bench.load("console.log(vendor.s3.put('bucket', 'big', 'us-east-1'));")
            #expect(bench.console.count == 2 && bench.failures.isEmpty)
            let url = "\(server.url)/bucket/node-a_10.0.0.1/big"
            #expect(bench.console.last == url)
            let got = try await ServerProcess.output(
                "sh", ["-c", "curl -sS -H \"$1\" \"$0\" | sha256sum", url, Self.owner])
            #expect(got.text == made.text)
            // S3 marks what was put together from five parts by its tag.
            #expect(try await Self.curl("-I", url).contains("-5\""))
            await bench.end()
            let config = (0..<1005).map {
                "url = \"\(server.url)/bucket/node-a_10.0.0.1/n\($0)\"\nupload-file = /dev/null"
            }
            let file = server.folder + "/many"
            try ServerProcess.write(config.joined(separator: "\nnext\n"), to: file)
            _ = try await ServerProcess.output("curl", ["-sS", "-H", Self.owner, "-K", file])
            #expect(try await Self.curl("\(server.url)/bucket?list-type=2").contains("<IsTruncated>true"))
            _ = try await HelperBench.run(
                "vendor.s3.clear('bucket', 'us-east-1');", process: Self.environment(server))
            #expect(try await Self.curl("\(server.url)/bucket?list-type=2").contains("<KeyCount>0<"))
        }
    }

    @Test("records go into a stream, one and many; the result reads as JSON; a missing stream is named")
    func kinesis() async throws {
        try await Self.moto { server in
            // The service is told by the signature's scope.
            _ = try await ServerProcess.output(
                "curl",
                [
                    "-sS", server.url, "-H", Self.owner.replacing("/s3/", with: "/kinesis/"), "-H",
                    "Content-Type: application/x-amz-json-1.1", "-H", "X-Amz-Target: Kinesis_20131202.CreateStream",
                    "-d", #"{"StreamName":"s1","ShardCount":1}"#,
                ])
            let lines = try await HelperBench.run(
                """
                var r = vendor.kinesis.put("s1", { a: 1 }, "us-east-1", "id", "secret");
                console.log(r.status, r.shardId, typeof r.sequenceNumber === "string");
                console.log(("" + r).indexOf('{"status":200,"shardId":"shardId-000000000000"') === 0);
                var all = [];
                for (var i = 0; i < 1201; i++) all.push("record " + i);
                var many = vendor.kinesis.putAll("s1", all, "us-east-1");
                console.log(many.records.length, many.failed.length, many.records[1200].shardId);
                try { vendor.kinesis.put("nope", "x", "us-east-1"); } catch (e) { console.log(e.code, e.status, e.message); }
                var big = "x"; while (big.length < 1048576) big += big;
                try { vendor.kinesis.put("s1", big, "us-east-1"); } catch (e) { console.log(e.code); }
                try { vendor.kinesis.put("s1", "x", "bad region"); } catch (e) { console.log(e.name, e.message); }
                """, process: Self.environment(server))
            #expect(
                lines == [
                    "200 shardId-000000000000 true", "true", "1201 0 shardId-000000000000",
                    "HTTP_STATUS 400 Kinesis at \(server.url) answered 400: ResourceNotFoundException: Stream nope under account 123456789012 not found.",
                    "TOO_LARGE", "TypeError \"bad region\" is no AWS region, such as us-east-1",
                ])
        }
    }

    @Test("a service account's token is exchanged for credentials by STS")
    func webIdentity() async throws {
        try await Self.moto { server in
            _ = try await Self.curl("-X", "PUT", "\(server.url)/bucket")
            try ServerProcess.write("a.web.token\n", to: server.folder + "/token")
            let lines = try await HelperBench.run(
                "file.write('x', 'y'); console.log(vendor.s3.put('bucket', 'x', 'us-east-1'));",
                process: [
                    "AWS_ENDPOINT_URL": server.url, "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/remora",
                    "AWS_WEB_IDENTITY_TOKEN_FILE": server.folder + "/token",
                ])
            #expect(lines.last == "\(server.url)/bucket/node-a_10.0.0.1/x")
        }
    }

    @Test("signatures equal those of botocore, for odd paths and queries and both encodings")
    func botocore() async throws {
        let cases: [(method: String, url: String, service: String)] = [
            ("GET", "https://h.example/", "s3"), ("PUT", "https://h.example/a%20b/c%2Bd~e", "s3"),
            ("GET", "https://h.example:8443/x?list-type=2&prefix=a%2Fb%20c&encoding-type=url", "s3"),
            ("POST", "https://h.example/?delete=", "s3"),
            ("POST", "https://kinesis.us-east-1.amazonaws.com/", "kinesis"),
            ("GET", "https://h.example/a%20b?z=1&a=2&a=1", "kinesis"),
        ]
        let script = """
            import sys, types, datetime
            import botocore.auth, botocore.awsrequest, botocore.credentials
            fixed = datetime.datetime(2026, 1, 2, 3, 4, 5)
            if hasattr(botocore.auth, 'get_current_datetime'): botocore.auth.get_current_datetime = lambda *a, **k: fixed
            class D(datetime.datetime):
                @classmethod
                def utcnow(cls): return fixed
                @classmethod
                def now(cls, tz=None): return fixed
            if hasattr(botocore.auth, 'datetime'): botocore.auth.datetime = types.SimpleNamespace(
                datetime=D, timezone=datetime.timezone, timedelta=datetime.timedelta)
            c = botocore.credentials.Credentials('AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', 'token')
            for line in sys.stdin.read().splitlines():
                method, url, service = line.split(' ')
                kind = botocore.auth.S3SigV4Auth if service == 's3' else botocore.auth.SigV4Auth
                r = botocore.awsrequest.AWSRequest(method=method, url=url, data=b'body', headers={'Content-Type': 'x'})
                kind(c, service, 'us-east-1').add_auth(r)
                print(r.headers['Authorization'])
            """
        let input = cases.map { "\($0.method) \($0.url) \($0.service)" }.joined(separator: "\n")
        let result = try await ServerProcess.output("python3", ["-c", script], input: input)
        let expected = result.text.split(separator: "\n").map(String.init)
        try #require(expected.count == cases.count, "\(result.text)")
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            sessionToken: "token")
        for (one, authorization) in zip(cases, expected) {
            var call = HTTPCall("t", one.method, try WebAddress(one.url), headers: [("Content-Type", "x")])
            SignatureV4(
                credentials: credentials, region: "us-east-1", service: one.service,
                time: try #require(.init("2026-01-02T03:04:05Z"))
            ).sign(&call, payloadHash: Digest.sha256(Array("body".utf8)))
            #expect(call[header: "Authorization"] == authorization, "\(one)")
        }
    }
}
