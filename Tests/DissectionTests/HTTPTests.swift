import JSON
import Testing

@testable import Dissection

@Suite("HTTP/1")
struct HTTPTests {
    static let get = "GET /cart/7?a=1&a=2&b=x%20y HTTP/1.1\r\nHost: shop\r\ncookie: s=1; t=2\r\n\r\n"
    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nset-cookie: s=9; Path=/\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello"

    /// Method, path, status and body of each item.
    private func lines(_ conversation: Conversation, _ cuts: Conversation.Cuts = .none) -> [String] {
        conversation.trees(cuts).map { item in
            let text = item[path: "response.content.text"]?.string ?? "-"
            return "\(item[path: "request.method"]?.string ?? "-") \(item[path: "request.path"]?.string ?? "-") "
                + "\(item[path: "response.status"]?.integer ?? 0) \(text)"
        }
    }

    @Test("an exchange has every field that the contract names, whatever the cuts", arguments: Conversation.cuts)
    func fields(cuts: Conversation.Cuts) throws {
        let item = try #require(Conversation().client(Self.get).server(Self.ok).trees(cuts).first)
        #expect(
            item.object?.keys.elements == [
                "id", "index", "stream", "worker", "node", "protocol", "tls", "src", "dst", "timestamp", "startTime",
                "request", "response", "requestSize", "responseSize", "size", "elapsedTime", "passed", "failed",
                "error",
                "entryFile", "record", "event", "data", "capture", "checksums", "duplicate", "base", "requestRef",
                "responseRef", "eventRef", "dataRef", "matcherKey", "networkProps", "captureSource", "subProtocol",
                "namespace", "outgoing", "pcapFile",
            ])
        #expect(
            item["request"] == [
                "method": "GET", "url": "/cart/7?a=1&a=2&b=x%20y", "targetUri": "/cart/7?a=1&a=2&b=x%20y",
                "path": "/cart/7", "pathSegments": ["cart", "7"], "httpVersion": "HTTP/1.1",
                "headers": ["Host": "shop", "Cookie": "s=1; t=2"], "cookies": ["s": "1", "t": "2"],
                "queryString": ["a": ["1", "2"], "b": "x y"], "headersSize": 70, "bodySize": 0,
            ])
        #expect(
            item["response"] == [
                "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1",
                "headers": ["Content-Length": "5", "Set-Cookie": "s=9; Path=/", "X-A": "1,2"], "cookies": ["s": "9"],
                "redirectURL": "", "headersSize": 79, "bodySize": 5,
                "content": ["size": 5, "mimeType": "", "text": "aGVsbG8=", "encoding": "base64"],
            ])
        #expect(item["id"] == "/000000000007.pcap-0")
        #expect(item["stream"] == "000000000007.pcap" && item["pcapFile"] == "000000000007.pcap")
        #expect(item["entryFile"] == "000000000007_pcap-0_entry.json")
        #expect(item["timestamp"] == 1_700_000_000_000 && item["startTime"] == "2023-11-14T22:13:20.000000000Z")
        #expect(item["elapsedTime"] == 1_000 && item["size"] == 154)
        #expect(item[path: "src.ip"] == "10.0.0.1" && item[path: "src.port"] == "40000")
        #expect(item[path: "dst.ip"] == "10.0.0.2" && item[path: "dst.port"] == "8080")
        #expect(
            item[path: "src"]?.object?.keys.elements == [
                "ip", "port", "name", "namespace", "pod", "endpointSlice", "service", "cgroupId", "containerId",
                "socketId", "processId", "parentProcessId", "hostProcessId", "hostParentProcessId", "processName",
                "processPath", "cpuUsage", "memoryUsage", "resolutionMechanism",
            ])
        #expect(item[path: "protocol.name"] == "http" && item[path: "protocol.abbr"] == "HTTP")
        #expect(item["error"] == .null && item["event"] == .null && item["data"] == .null)
        #expect(item[path: "base.status"] == 200 && item[path: "base.method"] == "GET")
    }

    @Test("pipelined requests meet their own answers", arguments: Conversation.cuts)
    func pipelining(cuts: Conversation.Cuts) {
        let conversation = Conversation()
            .client(
                "GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 2\r\n\r\nabHEAD /3 HTTP/1.1\r\n\r\nGET /4 HTTP/1.1\r\n\r\n"
            )
            .server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 204 No Content\r\n\r\n")
            .server(
                "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n")
        #expect(lines(conversation, cuts) == ["GET /1 200 YQ==", "POST /2 204 ", "HEAD /3 200 ", "GET /4 304 "])
    }

    @Test("chunks are joined, with extensions, trailers and any line ends", arguments: Conversation.cuts)
    func chunks(cuts: Conversation.Cuts) {
        let conversation = Conversation()
            .client(
                "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0\r\nX: y\r\n\r\nGET /b HTTP/1.1\r\n\r\n"
            )
            .server("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")
            .server("5\r\nhello\r\n06 \r\n world\r\n0\r\n\r\nHTTP/1.1 404 No\nTransfer-Encoding:chunked\n\n1\nx\n0\n\n")
        #expect(lines(conversation, cuts) == ["PUT /a 200 aGVsbG8gd29ybGQ=", "GET /b 404 eA=="])
        #expect(conversation.trees(cuts)[0][path: "request.bodySize"] == 3)
    }

    @Test("a body without a length ends with its connection", arguments: Conversation.cuts)
    func untilClose(cuts: Conversation.Cuts) {
        let conversation = Conversation().client("GET / HTTP/1.0\r\n\r\n").server("HTTP/1.0 200 OK\r\n\r\nab").server(
            "cd")
        #expect(lines(conversation.ends(.server), cuts) == ["GET / 200 YWJjZA=="])
        #expect(lines(conversation, cuts) == ["GET / 200 YWJjZA=="])
    }

    @Test("interim answers belong to the exchange", arguments: Conversation.cuts)
    func interim(cuts: Conversation.Cuts) {
        let conversation = Conversation()
            .client("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            .server("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n").client("ab")
            .server("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        #expect(lines(conversation, cuts) == ["POST / 201 "])
        #expect(conversation.dissected(cuts).counters.interim == 2)
        #expect(conversation.trees(cuts)[0][path: "request.postData.text"] == "ab")
    }

    @Test("an answer before the end of its request is paired with the whole request", arguments: Conversation.cuts)
    func earlyAnswer(cuts: Conversation.Cuts) {
        let conversation = Conversation().client("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nab")
            .server("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").client("cd")
        #expect(lines(conversation, cuts) == ["POST / 413 "])
        #expect(conversation.trees(cuts)[0][path: "request.postData.text"] == "abcd")
    }

    @Test("after an upgrade nothing is read; after CONNECT the inner protocol is")
    func upgrades() {
        let upgrade = Conversation().client("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n")
            .server("HTTP/1.1 101 Switching Protocols\r\n\r\n\u{1}\u{2}").client("GET / HTTP/1.1\r\n\r\n")
        #expect(lines(upgrade) == ["GET /ws 101 "])
        let tunnel = Conversation().client("CONNECT a:80 HTTP/1.1\r\n\r\n").server("HTTP/1.1 200 Yes\r\n\r\n")
            .client(Self.get).server(Self.ok)
        #expect(lines(tunnel) == ["CONNECT a:80 200 ", "GET /cart/7 200 aGVsbG8="])
        #expect(tunnel.trees().map { $0["index"] } == [0, 1])
        let refused = Conversation().client("CONNECT a:80 HTTP/1.1\r\n\r\n")
            .server("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").client(Self.get).server(Self.ok)
        #expect(lines(refused) == ["CONNECT a:80 403 ", "GET /cart/7 200 aGVsbG8="])
    }

    @Test("half connections are items with an error", arguments: Conversation.cuts)
    func halves(cuts: Conversation.Cuts) {
        let asked = Conversation().client(Self.get).trees(cuts)
        #expect(asked.count == 1 && asked[0]["response"] == .null)
        #expect(asked[0]["error"] == ["type": "pair-not-found", "msg": "the connection ended without a response"])
        #expect(asked[0][path: "base.status"] == 0)
        let answered = Conversation().server(Self.ok).trees(cuts)
        #expect(answered.count == 1 && answered[0]["request"] == .null && answered[0][path: "response.status"] == 200)
        #expect(answered[0]["error"] == ["type": "pair-not-found", "msg": "the request was not captured"])
        let timedOut = Conversation().client(Self.get).dissected(.none, finishing: .timeout)
        #expect(timedOut.items.first?.error == ItemError(.timeout, "no response came in time"))
        #expect(timedOut.counters.requestOnly[.timeout] == 1)
    }

    @Test("a connection that was seen the wrong way round is turned")
    func flipped() {
        var conversation = Conversation().server("GET /x HTTP/1.1\r\n\r\n").client(Self.ok)
        conversation.port = 1
        #expect(lines(conversation) == ["GET /x 200 aGVsbG8="])
        #expect(conversation.trees()[0][path: "src.port"] == "1")
    }

    @Test("a gap within a body leaves the rest of the connection alone")
    func gapInBody() {
        let conversation = Conversation().client(Self.get).server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab")
            .loses(.server, 6).server("ij").client("GET /2 HTTP/1.1\r\n\r\n").server(Self.ok)
        #expect(lines(conversation) == ["GET /cart/7 200 YWJpag==", "GET /2 200 aGVsbG8="])
        #expect(conversation.trees()[0][path: "response.incomplete"] == true)
        #expect(conversation.trees()[1][path: "response.incomplete"] == nil)
    }

    @Test("after a lost response the next one meets its own request, whenever the loss is noticed")
    func lostResponse() {
        let early = Conversation().client("GET /1 HTTP/1.1\r\n\r\n").loses(.server, 100)
            .client("GET /2 HTTP/1.1\r\n\r\n").server(Self.ok)
        #expect(lines(early) == ["GET /1 0 -", "GET /2 200 aGVsbG8="])
        let late = Conversation().client("GET /1 HTTP/1.1\r\n\r\n").client("GET /2 HTTP/1.1\r\n\r\n")
            .loses(.server, 100).server(Self.ok)
        #expect(lines(late) == ["GET /1 0 -", "GET /2 200 aGVsbG8="])
        #expect(late.dissected().counters.requestOnly[.gap] == 1)
        #expect(late.trees()[0][path: "error.msg"] == "the response was lost in the capture")
    }

    @Test("after a gap reading goes on at the next start line, also within a segment")
    func resynchronization() {
        let conversation = Conversation().client("GET /1 HTTP/1.1\r\nHo").loses(.client, 7)
            .client("rest of something\r\nX: HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n").server(Self.ok).server(Self.ok)
        #expect(lines(conversation) == ["GET /1 200 aGVsbG8=", "GET /2 200 aGVsbG8="])
    }

    @Test("bytes that are no HTTP are counted and passed over")
    func malformed() {
        let conversation = Conversation().client(
            "GET /1 HTTP/1.1\r\nContent-Length: -5\r\n\r\n@@@\r\nGET /2 HTTP/1.1\r\n\r\n"
        )
        .server(Self.ok).server(Self.ok)
        #expect(lines(conversation) == ["GET /1 200 aGVsbG8=", "GET /2 200 aGVsbG8="])
        #expect(conversation.dissected().counters.parseErrors == ["http": 1])
    }

    @Test(
        "headers are read as servers read them: folded, doubled, with odd space", arguments: Conversation.cuts)
    func oddHeaders(cuts: Conversation.Cuts) {
        let conversation = Conversation()
            .client(
                "\r\nPOST / HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\nA: b\r\n  c\r\nnocolon\r\n\r\n1\r\nx\r\n0\r\n\r\n"
            )
            .client("POST / HTTP/1.1\r\ncontent-length : 1, 1\r\n\r\nyGET /end HTTP/1.1\r\n\r\n")
            .server(Self.ok).server(Self.ok).server(Self.ok)
        #expect(lines(conversation, cuts) == ["POST / 200 aGVsbG8=", "POST / 200 aGVsbG8=", "GET /end 200 aGVsbG8="])
        #expect(
            conversation.trees(cuts)[0][path: "request.headers"] == ["Transfer-Encoding": "chunked", "A": "b c"])
    }

    @Test("a body that is longer than the limit is cut and says so", arguments: Conversation.cuts)
    func bodyLimit(cuts: Conversation.Cuts) {
        let put = "PUT / HTTP/1.1\r\nContent-Length: 20\r\n\r\n0123456789abcdefghij"
        let long = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789abcdefghij"
        // Each with the next message behind it, in the same bytes.
        var conversation = Conversation().client(put + Self.get).server(long + Self.ok)
        conversation.settings.bodyLimit = 10
        let items = conversation.trees(cuts)
        let item = items[0]
        #expect(item[path: "request.postData.text"] == "0123456789" && item[path: "request.postData.truncated"] == true)
        #expect(item[path: "request.bodySize"] == 20 && item[path: "response.content.truncated"] == true)
        #expect(item[path: "response.content.text"] == "MDEyMzQ1Njc4OQ==" && item[path: "response.bodySize"] == 20)
        #expect(item["requestSize"] == 58 && item["responseSize"] == 59)
        #expect(items.count == 2 && items[1][path: "response.content.text"] == "aGVsbG8=")
        #expect(items[1][path: "response.content.truncated"] == nil)
    }

    @Test("a head that announces a body which does not come is a whole message", arguments: Conversation.cuts)
    func bodiless(cuts: Conversation.Cuts) {
        let conversation = Conversation()
            .client("HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\n\r\n")
            .server(
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
                    + "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"
            )
            .server(Self.ok)
        #expect(lines(conversation, cuts) == ["HEAD /a 200 ", "GET /b 304 ", "GET /c 200 aGVsbG8="])
    }

    @Test("a body of any size stays with its exchange", arguments: Conversation.cuts)
    func bodySizes(cuts: Conversation.Cuts) {
        for size in [0, 1, 900, 1_024, 1_025, 5_000] {
            let body = String(repeating: "0123456789", count: size / 10) + String(repeating: "x", count: size % 10)
            let conversation = Conversation()
                .client("POST /\(size) HTTP/1.1\r\nContent-Length: \(size)\r\n\r\n\(body)")
                .server("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n\(body)")
            let item = conversation.trees(cuts)[0]
            #expect(item[path: "request.postData.text"]?.string ?? "" == body)
            #expect(decodedBase64(item[path: "response.content.text"]?.string ?? "-") == Array(body.utf8))
        }
    }

    @Test("heads and waiting requests have limits")
    func limits() {
        var endless = Conversation().client("GET / HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 50_000))
        endless.settings.headLimit = 4_096
        #expect(endless.dissected().counters.parseErrors == ["http": 1])
        var impatient = Conversation()
        for number in 0..<70 { impatient = impatient.client("GET /\(number) HTTP/1.1\r\n\r\n") }
        let (items, counters) = impatient.dissected()
        #expect(items.count == 70 && counters.requestOnly[.limit] == 6 && counters.requestOnly[.end] == 64)
    }

    @Test("forms become parameters, other bodies text or base64")
    func bodies() {
        func postData(_ type: String, _ body: String) -> JSONValue? {
            Conversation().client(
                "POST / HTTP/1.1\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            .trees().first?[path: "request.postData"]
        }
        #expect(
            postData("application/x-www-form-urlencoded", "a=1+2&b=%C3%A9&c") == [
                "mimeType": "application/x-www-form-urlencoded",
                "params": [["name": "a", "value": "1 2"], ["name": "b", "value": "é"], ["name": "c", "value": ""]],
                "text": "a=1+2&b=%C3%A9&c",
            ])
        let form =
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\ny\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; "
            + "filename=\"n.txt\"\r\nContent-Type: text/plain\r\n\r\nz\r\n--B--\r\n"
        #expect(
            postData("multipart/form-data; boundary=B", form)?["params"] == [
                ["name": "a", "value": "x\r\ny"],
                ["name": "f", "value": "z", "fileName": "n.txt", "contentType": "text/plain"],
            ])
        let binary = Conversation().client(
            Array("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n".utf8) + [0xff, 0xfe]
        ).trees()[0]
        #expect(
            binary[path: "request.postData"] == ["mimeType": "", "params": [], "text": "//4=", "encoding": "base64"])
    }

    @Test(
        "bodies are decompressed, with a limit on what comes out",
        arguments: [
            ("gzip", "H4sIAAAAAAACA8tIzcnJVyjPL8pJAQCFEUoNCwAAAA=="), ("deflate", "eJzLSM3JyVcozy/KSQEAGgsEXQ=="),
            ("deflate", "y0jNyclXKM8vykkBAA=="), ("br", "DwWAaGVsbG8gd29ybGQD"),
            ("zstd", "KLUv/QRYWQAAaGVsbG8gd29ybGRoaR6y"), ("identity", "aGVsbG8gd29ybGQ="),
        ])
    func compression(coding: String, base64: String) {
        let output = ContentDecoder.decode(decodedBase64(base64), encoding: coding, limit: 1_000)
        #expect(output.bytes == Array("hello world".utf8) && !output.isCut && !output.isEncoded)
        let cut = ContentDecoder.decode(decodedBase64(base64), encoding: coding, limit: 5)
        if coding != "identity" { #expect(cut.bytes == Array("hello".utf8) && cut.isCut) }
    }

    @Test("what cannot be decompressed stays as it was")
    func brokenCompression() {
        for coding in ["gzip", "br", "zstd", "compress", "gzip,gzip,gzip,gzip,gzip"] {
            let output = ContentDecoder.decode([1, 2, 3], encoding: coding, limit: 1_000)
            #expect(output.bytes == [1, 2, 3] && output.isEncoded, "\(coding)")
        }
    }

    private func decodedBase64(_ text: String) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var (bits, count, bytes): (UInt32, Int, [UInt8]) = (0, 0, [])
        for letter in text.utf8 where letter != UInt8(ascii: "=") {
            bits = bits << 6 | UInt32(alphabet.firstIndex(of: letter) ?? 0)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(bits >> UInt32(count) & 255))
            }
        }
        return bytes
    }
}
