import Testing

@testable import CurlTransport

@Suite("Header lines")
struct HTTPHeadersTests {
    @Test("names are found in any case, values lose the white space before them, of two fields the first counts")
    func reading() {
        let headers = headers("Content-Type:  text/plain", "x-a:1", "X-A: 2", "Empty:", "Tab:\tx", "Odd: a:b: c")
        #expect(headers["content-TYPE"] == "text/plain")
        #expect(headers["X-a"] == "1")
        #expect(headers["empty"] == "")
        #expect(headers["Tab"] == "x")
        #expect(headers["odd"] == "a:b: c")
        #expect(headers["missing"] == nil)
        #expect(headers.fields.map(\.name) == ["Content-Type", "x-a", "X-A", "Empty", "Tab", "Odd"])
    }

    @Test("a line that begins with white space continues the one before it")
    func folding() {
        let headers = headers("A: one", "  two: three", "\tfour", "B: x")
        #expect(headers["a"] == "one two: three four")
        #expect(headers["b"] == "x")
    }

    @Test("lines that are no fields are ignored")
    func odd() {
        #expect(headers("no colon", "").fields.isEmpty)
        #expect(headers(" folded: onto nothing")["folded"] == "onto nothing")
    }

    private func headers(_ lines: String...) -> HTTPHeaders {
        var headers = HTTPHeaders()
        for line in lines { headers.append(line: line[...]) }
        return headers
    }
}
