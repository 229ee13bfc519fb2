internal import Threading

/// An answer whose body is read as it comes.
package struct AnswerStream: Sendable {
    /// The status code.
    package let status: Int
    /// The header lines, names in small letters.
    package let headers: [String: String]
    private let connection: RawConnection
    private let lines = Locked("")

    init(_ connection: RawConnection) async throws {
        self.connection = connection
        let head = try await connection.read(until: "\r\n\r\n")
        let lines = head.split(separator: "\r\n")
        status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        headers = lines.dropFirst().reduce(into: [:]) { headers, line in
            let sides = line.split(separator: ":", maxSplits: 1)
            headers[sides[0].lowercased()] = sides.count > 1 ? String(sides[1].drop { $0 == " " }) : ""
        }
    }

    /// The content of the next chunk; nil after the last one. Throws if the connection is cut.
    package func nextChunk() async throws -> String? {
        let size = try await connection.read(until: "\r\n").dropLast()
        guard let count = Int(size, radix: 16) else { throw RawConnection.Closed(received: String(size)) }
        let chunk = try await connection.read(count: count)
        _ = try await connection.read(count: 2)
        return count == 0 ? nil : chunk
    }

    /// The next line of a chunked body, without its end; nil after the last one. What follows the last line end is
    /// returned as a line, too.
    package func nextLine() async throws -> String? {
        while true {
            let line = lines.withLock { text -> String? in
                guard let end = text.firstIndex(of: "\n") else { return nil }
                defer { text = String(text[text.index(after: end)...]) }
                return String(text[..<end])
            }
            if let line { return line }
            guard let chunk = try await nextChunk() else { break }
            lines.withLock { $0 += chunk }
        }
        return lines.withLock { text in
            defer { text = "" }
            return text.isEmpty ? nil : text
        }
    }

    /// Closes the connection, as a client that has had enough.
    package func close() { connection.close() }

    func readToEnd(isHead: Bool) async throws -> String {
        if isHead { return await connection.readToEnd() }
        guard headers["transfer-encoding"] == "chunked" else {
            guard let length = headers["content-length"].flatMap({ Int($0) }) else {
                return await connection.readToEnd()
            }
            return try await connection.read(count: length)
        }
        var body = ""
        while let chunk = try await nextChunk() { body += chunk }
        return body
    }
}
