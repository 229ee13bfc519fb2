internal import NIOCore

/// The start line and header fields of an HTTP/1.1 message.
package struct HTTPHead: Sendable, Equatable {
    /// A line of the header.
    package struct Field: Sendable, Equatable {
        /// As it was sent; compare without regard to case.
        package let name: String
        /// Without blanks around it.
        package let value: String

        /// A field with this name and value.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }

        func isNamed(_ other: String) -> Bool {
            name.lowercased() == other.lowercased()
        }
    }

    /// The request line or status line.
    package let startLine: String
    /// The header fields in their order.
    package private(set) var fields: [Field]

    /// All values of a field, in order.
    package func values(of name: String) -> [String] {
        fields.filter { $0.isNamed(name) }.map(\.value)
    }

    init(startLine: String, fields: [Field]) {
        self.startLine = startLine
        self.fields = fields
    }

    /// Reads a head that ends with an empty line.
    init(parsing bytes: ByteBuffer) throws(HTTPFramingError) {
        let lines = String(buffer: bytes).split(whereSeparator: \.isNewline)
        guard let startLine = lines.first else { throw .notHTTP(startLine: "") }
        self.startLine = String(startLine)
        fields = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw .malformedField(String(line)) }
            let value = line[line.index(after: colon)...].drop(while: \.isWhitespace)
            let blanks = value.reversed().prefix(while: \.isWhitespace).count
            fields.append(Field(String(line[..<colon]), String(value.dropLast(blanks))))
        }
    }

    mutating func remove(_ names: String...) {
        fields.removeAll { field in names.contains { field.isNamed($0) } }
    }

    mutating func append(_ field: Field) {
        fields.append(field)
    }

    var encoded: ByteBuffer {
        let lines = [startLine] + fields.map { "\($0.name): \($0.value)" }
        return ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    /// The status of a response's head.
    func status() throws(HTTPFramingError) -> Int {
        let words = startLine.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else {
            throw .notHTTP(startLine: startLine)
        }
        return status
    }
}
