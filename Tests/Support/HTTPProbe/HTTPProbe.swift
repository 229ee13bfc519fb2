/// A small HTTP client for tests: one connection for each request.
package struct HTTPProbe: Sendable {
    /// A complete answer.
    package struct Answer: Sendable, Equatable {
        /// The status code.
        package let status: Int
        /// The header lines, names in small letters.
        package let headers: [String: String]
        /// The body, chunks joined.
        package let body: String

        /// An answer to compare with.
        package init(status: Int, headers: [String: String], body: String) {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    /// Where the server listens.
    package let port: Int

    /// For a server on a port of this machine.
    package init(port: Int) { self.port = port }

    /// For a server of which the URL is known, such as `http://127.0.0.1:8080`.
    package init?(url: String) {
        guard let colon = url.lastIndex(of: ":"), let port = Int(url[url.index(after: colon)...]) else { return nil }
        self.port = port
    }

    /// Sends a request and reads the whole answer.
    package func send(
        _ method: String, _ target: String, _ headers: [String: String] = [:], body: String = ""
    ) async throws -> Answer {
        let stream = try await open(method, target, headers, body: body)
        return Answer(
            status: stream.status, headers: stream.headers, body: try await stream.readToEnd(isHead: method == "HEAD"))
    }

    /// Sends a request and reads the header of the answer.
    package func open(
        _ method: String, _ target: String, _ headers: [String: String] = [:], body: String = ""
    ) async throws -> AnswerStream {
        let connection = try await RawConnection.open(port: port)
        var text = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { text += "\(name): \(value)\r\n" }
        if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
        try await connection.send(text + "\r\n" + body)
        return try await AnswerStream(connection)
    }
}
