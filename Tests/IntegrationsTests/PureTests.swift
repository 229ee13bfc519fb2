import JSON
import Testing
import Timestamps

@testable import Integrations

@Suite("Addresses, schedules, texts")
struct PureTests {
    @Test(
        "URLs are taken apart, and repaired where the meaning is plain",
        arguments: [
            ("http://h", "http://h/"), ("HTTPS://H.Example:8443/a b?q=ü#x", "https://h.example:8443/a%20b?q=%C3%BC"),
            ("http://u:p@h/", "http://h/"), ("http://[::1]:80?x", "http://[::1]:80/?x"),
            ("  http://h/%41?a=%20", "http://h/%41?a=%20"),
        ])
    func addresses(_ text: String, _ expected: String) throws {
        #expect(try WebAddress(text).text == expected)
    }

    @Test(
        "what is no URL is refused without being quoted",
        arguments: [
            "", "h/x", "ftp://h", "http://", "http://h:0", "http://h:70000", "http://a b/", "file:///etc/passwd",
        ])
    func noAddresses(_ text: String) {
        #expect(throws: IntegrationError.invalid("the URL must begin with http:// or https:// and name a host")) {
            try WebAddress(text)
        }
    }

    @Test("relative references are resolved as RFC 3986 has it")
    func references() throws {
        let base = try WebAddress("http://u:p@h:81/a/b/c?d=1")
        let cases: [(String, String?)] = [
            ("x", "http://h:81/a/b/x"), ("../x?y", "http://h:81/a/x?y"), ("/x/./y/..", "http://h:81/x/"),
            ("?z", "http://h:81/a/b/c?z"), ("//o/p", "http://o/p"), ("https://o", "https://o/"),
            ("../../../../x", "http://h:81/x"), ("mailto:a@b", nil), ("javascript:x", nil),
        ]
        for (reference, expected) in cases { #expect(base.following(reference)?.text == expected, "\(reference)") }
        #expect(base.following("x")?.userInfo == nil)
    }

    @Test("a request is repeated three times at most, with growing waits, and only where its policy allows")
    func schedule() {
        var schedule = RetrySchedule(.idempotent)
        let waits = (0..<4).map { _ in schedule.ended(.broken, remaining: .seconds(60), jitter: 1) }
        #expect(waits == [.wait(.milliseconds(500)), .wait(.seconds(1)), .wait(.seconds(2)), .giveUp])
        func first(_ policy: RetryPolicy, _ outcome: RetrySchedule.Outcome) -> RetrySchedule.Action {
            var schedule = RetrySchedule(policy)
            return schedule.ended(outcome, remaining: .seconds(10), jitter: 0)
        }
        #expect(first(.idempotent, .answer(status: 500, retryAfter: nil)) == .wait(.milliseconds(250)))
        #expect(first(.idempotent, .answer(status: 404, retryAfter: nil)) == .giveUp)
        #expect(first(.idempotent, .answer(status: 503, retryAfter: .seconds(3))) == .wait(.seconds(3)))
        #expect(first(.idempotent, .answer(status: 503, retryAfter: .seconds(11))) == .giveUp)
        #expect(first(.idempotent, .failed) == .giveUp)
        #expect(first(.ifRefused, .answer(status: 429, retryAfter: nil)) == .wait(.milliseconds(250)))
        #expect(first(.ifRefused, .answer(status: 503, retryAfter: nil)) == .giveUp)
        #expect(first(.ifRefused, .answer(status: 503, retryAfter: .seconds(1))) == .wait(.seconds(1)))
        #expect(first(.ifRefused, .broken) == .giveUp)
        #expect(first(.never, .answer(status: 429, retryAfter: .zero)) == .giveUp)
    }

    @Test("HTTP dates and Retry-After are read")
    func dates() throws {
        let time = try #require(Timestamp("1994-11-06T08:49:37Z"))
        #expect(HTTPDate.text(time) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.parse("Sun, 06 Nov 1994 08:49:37 GMT") == time)
        #expect(HTTPDate.text(Timestamp(microseconds: 0)) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.parse("yesterday") == nil)
        #expect(HTTPDate.wait("120", now: time) == .seconds(120))
        #expect(HTTPDate.wait("Sun, 06 Nov 1994 08:50:37 GMT", now: time) == .seconds(60))
        #expect(HTTPDate.wait("Sun, 06 Nov 1994 08:00:00 GMT", now: time) == .zero)
        #expect(HTTPDate.wait("-1", now: time) == nil && HTTPDate.wait(nil, now: time) == nil)
    }

    @Test("XML is read as far as services write it, and what is none is refused")
    func xml() {
        let text =
            "<?xml version=\"1.0\"?><!-- c --><a:R x=\"1\"><K>a&amp;b&#x41;&#66;</K><E/><K><![CDATA[<x>]]></K></a:R>"
        let root = XMLElement.parse(Array(text.utf8))
        #expect(root?.name == "R")
        #expect(root?.all("K").map(\.text) == ["a&bAB", "<x>"])
        #expect(root?["E"]?.text == "")
        for broken in ["", "x", "<a>", "<a></b>", "<a", "<a><!-- </a>", String(repeating: "<a>", count: 100)] {
            #expect(XMLElement.parse(Array(broken.utf8)) == nil, "\(broken)")
        }
    }

    @Test("a cloud id leads to its cluster")
    func cloudID() throws {
        let id = "demo:ZXUtd2VzdC0xLmF3cy5leGFtcGxlLmlvJGFiYzEyMyRraWI0NTY="
        #expect(try ElasticTarget(url: nil, cloudID: id).address.text == "https://abc123.eu-west-1.aws.example.io/")
        for broken in ["", "x", "a:b", "a:JCQ="] {
            #expect(throws: IntegrationError.self) { try ElasticTarget(url: nil, cloudID: broken) }
        }
    }

    @Test("buckets are found where S3 has them")
    func bucketAddresses() throws {
        let s3 = S3(AWSClient(try HTTPClient(settings: IntegrationSettings(), metrics: IntegrationMetrics(.init()))))
        func address(_ bucket: String, _ region: String) throws -> String {
            try s3.address(S3.Target(bucket: bucket, region: region, keys: nil), key: "n_1/a b").text
        }
        #expect(try address("b-1", "eu-west-1") == "https://b-1.s3.eu-west-1.amazonaws.com/n_1/a%20b")
        #expect(try address("b.dots", "cn-north-1") == "https://s3.cn-north-1.amazonaws.com.cn/b.dots/n_1/a%20b")
        for (bucket, region) in [("a/b", "eu-west-1"), ("x", "eu-west-1"), ("good", "evil.example#")] {
            #expect(throws: IntegrationError.self) { try address(bucket, region) }
        }
        #expect(["us-east-1", "us-gov-west-1", "cn-north-1"].allSatisfy(AWSRegion.looksLikeOne))
        #expect(!["my-bucket", "us-east", "AKIA", "", "us-east-11"].contains(where: AWSRegion.looksLikeOne))
    }

    @Test("line protocol: odd names and values stay one line")
    func lineProtocol() {
        let point = InfluxPoint(
            measurement: "a\nb", fields: ["f\\": "x\ny", "n": 1.5], tags: ["t\n": "v\\", "e": ""], time: 7)
        #expect(point.line == "a\\ b,t\\ =v\\\\  f\\\\ =\"x\ny\",n=1.5 7")
        #expect(InfluxPoint(measurement: "", fields: ["a": 1], time: 1).line == nil)
        #expect(InfluxPoint(measurement: "m", fields: ["a": [:]], time: 1).line == "m a=\"{}\" 1")
    }
}
