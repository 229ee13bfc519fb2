import FaultProxy
import Testing
import Threading

@Suite("HTTP through the proxy")
struct HTTPProxyTests {
    private static let request = "GET /api/v1/pods?watch=1&resourceVersion=7 HTTP/1.1\r\nHost: test\r\n\r\n"
    private static let chunkedHead = "HTTP/1.1 200 OK\r\nX-Kept: yes\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test("a conversation passes byte for byte, and its requests are seen")
    func passes() async throws {
        try await Bench.run(speaking: .http) { bench in
            let (client, server) = try await bench.connection()
            let post = "POST /echo HTTP/1.1\r\nContent-Length: 4\r\nX-Odd:   blanks \r\n\r\nbody"
            let put =
                "PUT /chunks HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n"
            let requests = Self.request + post + put
            try await client.send(requests)
            #expect(try await server.receiveText(like: requests) == requests)
            let responses =
                Self.chunkedHead + "5\r\nab\ncd\r\n0\r\n\r\n"
                + "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nyes"
                + "HTTP/1.1 200 OK\r\nX-Length: none\r\n\r\nuntil the end"
            try await server.send(responses)
            server.finish()
            try await client.expectRest(RawSocket.Rest(bytes: Array(responses.utf8), end: .fin))
            let seen = try await bench.proxy.requests.map { "\($0.method) \($0.path) \($0.parameters)" }
            #expect(
                seen == [
                    #"GET /api/v1/pods ["watch=1", "resourceVersion=7"]"#, "POST /echo []", "PUT /chunks []",
                ])
            #expect(try await bench.proxy.counters.requests == 3)
        }
    }

    @Test("lines are kept, replaced, dropped and inserted, however the chunks cut them", arguments: [1, 2, 5, 1000])
    func rewritesLines(slice: Int) async throws {
        try await Bench.run(speaking: .http) { bench in
            try await bench.proxy.rewriteLines(ofResponsesTo: { $0.path == "/api/v1/pods" }) { line in
                switch String(decoding: line, as: UTF8.self) {
                case "two": .drop
                case "three": .replace(with: "THREE!")
                case "four": .insertBefore("three and a half")
                case "five": .insertAfter("six")
                case "stump": .replace(with: "STUMP")
                default: .keep
                }
            }
            let (client, server) = try await bench.connection()
            try await client.send(Self.request)
            _ = try await server.receiveText(like: Self.request)
            try await server.send(chunked("one\ntwo\nthree\n\nfour\nfive\nstump", slice: slice))
            // The next response on the same connection is not touched.
            let plain = "GET /version HTTP/1.1\r\n\r\n"
            try await client.send(plain)
            #expect(try await server.receiveText(like: plain) == plain)
            let version = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ntwo\nthree\n"
            try await server.send(version)
            server.finish()

            let text = String(decoding: try await client.receiveRest().bytes, as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\nX-Kept: yes\r\nTransfer-Encoding: chunked\r\n\r\n"))
            #expect(text.hasSuffix("0\r\n\r\n" + version))
            let body = text.dropFirst(Self.chunkedHead.count).dropLast(version.count)
            #expect(dechunked(body) == "one\nTHREE!\n\nthree and a half\nfour\nfive\nsix\nSTUMP")
        }
    }

    @Test("a line is passed on as soon as it is complete, while the response goes on")
    func rewritesAStream() async throws {
        try await Bench.run(speaking: .http) { bench in
            let seen = Locked<[String]>([])
            try await bench.proxy.rewriteLines { line in
                seen.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
                return .keep
            }
            let (client, server) = try await bench.connection()
            try await client.send(Self.request)
            _ = try await server.receiveText(like: Self.request)
            try await server.send(Self.chunkedHead + "6\r\none\ntw\r\n")
            let first = Self.chunkedHead + "4\r\none\n\r\n"
            #expect(try await client.receiveText(like: first) == first)
            try await server.send("2\r\no\n\r\n")
            #expect(try await client.receiveText(like: "4\r\ntwo\n\r\n") == "4\r\ntwo\n\r\n")
            #expect(seen.withLock { $0 } == ["one", "two"])
        }
    }

    @Test("a body of given length or up to the end is rewritten into chunks", arguments: ["Content-Length: 8\r\n", ""])
    func rewritesOtherBodies(length: String) async throws {
        try await Bench.run(speaking: .http) { bench in
            try await bench.proxy.rewriteLines { $0 == Array("one".utf8) ? .replace(with: "1") : .keep }
            let (client, server) = try await bench.connection()
            try await client.send(Self.request)
            _ = try await server.receiveText(like: Self.request)
            try await server.send("HTTP/1.1 200 OK\r\n\(length)\r\none\ntwo\n")
            server.finish()
            let text = String(decoding: try await client.receiveRest().bytes, as: UTF8.self)
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            #expect(text.hasPrefix(head))
            #expect(dechunked(text.dropFirst(head.count)) == "1\ntwo\n")
        }
    }

    @Test("a chunked response that is cut short stays cut short")
    func keepsTruncation() async throws {
        try await Bench.run(speaking: .http) { bench in
            try await bench.proxy.rewriteLines { _ in .keep }
            let (client, server) = try await bench.connection()
            try await client.send(Self.request)
            _ = try await server.receiveText(like: Self.request)
            try await server.send(Self.chunkedHead + "7\r\none\nstu")
            server.finish()
            let rest = try await client.receiveRest()
            let expected = Self.chunkedHead + "4\r\none\n\r\n3\r\nstu\r\n"
            #expect(rest == RawSocket.Rest(bytes: Array(expected.utf8), end: .fin))
        }
    }

    @Test("a request whose response will be edited asks for no compression")
    func dropsAcceptEncoding() async throws {
        try await Bench.run(speaking: .http) { bench in
            try await bench.proxy.rewriteLines { _ in .keep }
            let (client, server) = try await bench.connection()
            try await client.send("GET / HTTP/1.1\r\naccept-encoding: gzip\r\nHost: test\r\n\r\n")
            let expected = "GET / HTTP/1.1\r\nHost: test\r\n\r\n"
            #expect(try await server.receiveText(like: expected) == expected)
        }
    }

    @Test("matching requests are answered by the proxy so many times, then by the upstream")
    func responds() async throws {
        try await Bench.run(speaking: .http) { bench in
            let answer = CannedResponse(status: 429, headers: [HTTPHead.Field("Retry-After", "1")], body: "slow down")
            try await bench.proxy.respond(with: answer, times: 2) { $0.path == "/api/v1/pods" }
            let (client, server) = try await bench.connection()
            let refusal =
                "HTTP/1.1 429 Refused By Fault Proxy\r\nRetry-After: 1\r\nContent-Length: 9\r\n\r\nslow down"
            for _ in 0..<2 {
                try await client.send(Self.request)
                #expect(try await client.receiveText(like: refusal) == refusal)
            }
            try await client.send(Self.request)
            #expect(try await server.receiveText(like: Self.request) == Self.request)
            let response = "HTTP/1.1 204 No Content\r\n\r\n"
            try await server.send(response)
            #expect(try await client.receiveText(like: response) == response)
            let counters = try await bench.proxy.counters
            #expect([counters.requests, counters.answered] == [3, 2])
        }
    }

    @Test("answers keep their place among the responses of the upstream when requests are pipelined")
    func keepsOrder() async throws {
        try await Bench.run(speaking: .http) { bench in
            try await bench.proxy.respond(with: CannedResponse(status: 503, body: "no")) { $0.path == "/b" }
            let (client, server) = try await bench.connection()
            try await client.send(
                "GET /a HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nxxHEAD /c HTTP/1.1\r\n\r\n")
            let forwarded = "GET /a HTTP/1.1\r\n\r\nHEAD /c HTTP/1.1\r\n\r\n"
            #expect(try await server.receiveText(like: forwarded) == forwarded)
            #expect(try await client.isSilent(for: .milliseconds(100)))
            let first = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
            let third = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
            try await server.send(first + third)
            server.finish()
            let second = "HTTP/1.1 503 Failed By Fault Proxy\r\nContent-Length: 2\r\n\r\nno"
            let expected = first + second + third
            try await client.expectRest(RawSocket.Rest(bytes: Array(expected.utf8), end: .fin))
        }
    }

    @Test("after a switch of protocols everything passes")
    func tunnel() async throws {
        try await Bench.run(speaking: .http) { bench in
            let (client, server) = try await bench.connection()
            let request = "GET /exec HTTP/1.1\r\nUpgrade: test\r\n\r\n"
            try await client.send(request)
            #expect(try await server.receiveText(like: request) == request)
            let upgrade = "HTTP/1.1 101 Switching Protocols\r\n\r\n"
            try await server.send(upgrade)
            #expect(try await client.receiveText(like: upgrade) == upgrade)
            try await client.send("\u{0}not\nHTTP")
            try await server.send("nor this")
            #expect(try await client.receiveText(like: "nor this") == "nor this")
            server.finish()
            client.finish()
            try await server.expectRest(RawSocket.Rest(bytes: Array("\u{0}not\nHTTP".utf8), end: .fin))
        }
    }

    @Test("rules can be taken away again")
    func removesRules() async throws {
        try await Bench.run(speaking: .http) { bench in
            try await bench.proxy.respond(with: CannedResponse(status: 500))
            try await bench.proxy.removeRules()
            let (client, server) = try await bench.connection()
            try await client.send(Self.request)
            #expect(try await server.receiveText(like: Self.request) == Self.request)
        }
    }

    @Test("what is not HTTP is reset, and the counters say why")
    func notHTTP() async throws {
        try await Bench.run(speaking: .http) { bench in
            let (client, server) = try await bench.connection()
            try await client.send("\u{16}\u{3}\u{1} hello\r\n\r\n")
            try await client.expectRest(RawSocket.Rest(bytes: [], end: .reset))
            try await server.expectRest(RawSocket.Rest(bytes: [], end: .reset))
            let counters = try await bench.proxy.counters
            #expect(counters.protocolErrors == 1)
            #expect(
                counters.lastProtocolError
                    == #"not the start of an HTTP/1.1 message: "\u{16}\u{03}\u{01} hello""#)
        }
    }

    @Test("the byte faults act on edited responses too")
    func faultsActOnEditedResponses() async throws {
        try await Bench.run(speaking: .http) { bench in
            try await bench.proxy.rewriteLines { _ in .replace(with: "edited") }
            let head = Self.chunkedHead
            try await bench.proxy.inject(.close(afterBytes: head.utf8.count + 5), on: .new)
            try await bench.proxy.inject(.slice(to: 1), on: .new)
            let (client, server) = try await bench.connection()
            try await client.send(Self.request)
            _ = try await server.receiveText(like: Self.request)
            try await server.send(head + "2\r\nx\n\r\n0\r\n\r\n")
            let expected = head + "7\r\ned"
            try await client.expectRest(RawSocket.Rest(bytes: Array(expected.utf8), end: .fin))
        }
    }

    /// A chunked response with the body in chunks of so many bytes.
    private func chunked(_ body: String, slice: Int) -> String {
        var text = Self.chunkedHead
        var rest = body[...]
        while !rest.isEmpty {
            let piece = rest.prefix(slice)
            text += String(piece.utf8.count, radix: 16) + "\r\n" + piece + "\r\n"
            rest = rest.dropFirst(slice)
        }
        return text + "0\r\n\r\n"
    }

    /// The content of a chunked body that is complete; nil if it is not.
    private func dechunked(_ body: Substring) -> String? {
        var rest = Array(body.utf8)[...]
        var content: [UInt8] = []
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            guard let size = Int(String(decoding: rest[..<(end - 1)], as: UTF8.self), radix: 16) else { return nil }
            let chunk = rest[(end + 1)...]
            if size == 0 { return Array(chunk) == Array("\r\n".utf8) ? String(decoding: content, as: UTF8.self) : nil }
            content += chunk.prefix(size)
            rest = chunk.dropFirst(size + 2)
        }
        return nil
    }
}
