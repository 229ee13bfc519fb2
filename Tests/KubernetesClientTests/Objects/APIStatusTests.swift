import JSON
import Testing

@testable import KubernetesClient

@Suite("What a server says when it refuses")
struct APIStatusTests {
    @Test("a Status is read with its causes and the time after which to come again")
    func status() {
        let body = #"""
            {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too many","reason":
            "TooManyRequests","details":{"name":"x","causes":[{"reason":"FieldValueInvalid","message":"bad","field":"spec"},
            {}],"retryAfterSeconds":3},"code":429}
            """#
        #expect(
            APIStatus(body: Array(body.utf8), httpStatus: 500)
                == APIStatus(
                    code: 429, reason: "TooManyRequests", message: "too many",
                    causes: [.init(reason: "FieldValueInvalid", message: "bad", field: "spec"), .init()],
                    retryAfterSeconds: 3))
    }

    @Test(
        "the text of something that is no API server becomes the message, on one line and not all of it",
        arguments: [
            ("upstream\r\nconnect error\n", "upstream connect error"), ("", ""), ("{}", "{}"), ("[1]", "[1]"),
            (#"{"message":"half"#, #"{"message":"half"#),
            (String(repeating: "x", count: 9_999), String(repeating: "x", count: 512)),
        ])
    func foreignText(body: String, message: String) {
        #expect(APIStatus(body: Array(body.utf8), httpStatus: 502) == APIStatus(code: 502, message: message))
    }

    @Test("a Status without a code has that of the response")
    func missingCode() {
        let body = #"{"message":"no","details":null,"reason":null}"#
        #expect(APIStatus(body: Array(body.utf8), httpStatus: 403) == APIStatus(code: 403, message: "no"))
    }

    @Test("bytes that are not UTF-8 do no harm")
    func oddBytes() {
        #expect(APIStatus(body: [0xff, 0x61], httpStatus: 500) == APIStatus(code: 500, message: "\u{fffd}a"))
    }

    @Test("a version that is gone or not there yet is told by code, reason or cause")
    func versions() {
        #expect(APIStatus(code: 410).isExpired)
        #expect(APIStatus(code: 500, reason: "Expired").isExpired)
        #expect(APIStatus(reason: "Gone").isExpired)
        #expect(!APIStatus(code: 404).isExpired)
        #expect(APIStatus(code: 504, causes: [.init(reason: "ResourceVersionTooLarge")]).isFromTheFuture)
        #expect(APIStatus(code: 500, message: "Too large resource version: 9, current: 5").isFromTheFuture)
        #expect(!APIStatus(code: 504, message: "Timeout").isFromTheFuture)
    }
}
