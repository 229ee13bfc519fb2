/// An answer whose body is read as it comes.
package struct AnswerStream: Sendable {
    /// The status code.
    package let status: Int
    /// The header lines, names in small letters.
    package let headers: [String: String]
    private let connection: RawConnection

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
