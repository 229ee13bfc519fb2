/// Cuts a filter's text into tokens: identifiers, numbers, strings and symbols as in Go's source, and single-quoted
/// strings of any length. White space (new lines too), `//` and `/* */` comments are passed over.
struct Lexer {
    private let text: [Unicode.Scalar]
    private var position = 0
    private var line = 1
    private var column = 1

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    /// All tokens; the last one is `.end`.
    static func tokens(of text: String) throws(FilterError) -> [Token] {
        var lexer = Lexer(text)
        var tokens: [Token] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private mutating func next() throws(FilterError) -> Token {
        try skipBlanks()
        let (start, startLine, startColumn) = (position, line, column)
        func token(_ kind: Token.Kind, to end: Int) -> Token {
            Token(
                kind: kind, text: String(String.UnicodeScalarView(text[start..<end])), line: startLine,
                column: startColumn, start: start, end: end)
        }
        guard let first = peek() else { return token(.end, to: position) }
        let kind: Token.Kind
        switch first {
        case "\"", "'": kind = .string(try quoted(by: first))
        case "`": kind = .string(try raw())
        case "0"..."9": kind = try number()
        case _ where Self.beginsIdentifier(first):
            while let scalar = peek(), Self.continuesIdentifier(scalar) { advance() }
            kind = .identifier(String(String.UnicodeScalarView(text[start..<position])))
        default:
            guard let symbol = symbol() else {
                throw fault("unexpected character \"\(first)\"", startLine, startColumn)
            }
            kind = .symbol(symbol)
        }
        return token(kind, to: position)
    }

    // MARK: Parts

    private mutating func skipBlanks() throws(FilterError) {
        while let scalar = peek() {
            switch scalar {
            case " ", "\t", "\r", "\n": advance()
            case "/" where peek(1) == "/":
                while let scalar = peek(), scalar != "\n" { _ = scalar; advance() }
            case "/" where peek(1) == "*":
                let (startLine, startColumn) = (line, column)
                advance(2)
                while peek() != "*" || peek(1) != "/" {
                    guard peek() != nil else { throw fault("this comment does not end", startLine, startColumn) }
                    advance()
                }
                advance(2)
            default: return
            }
        }
    }

    private mutating func symbol() -> Token.Symbol? {
        guard let first = peek() else { return nil }
        if let second = peek(1), let symbol = Token.Symbol(rawValue: "\(first)\(second)") {
            advance(2)
            return symbol
        }
        guard let symbol = Token.Symbol(rawValue: "\(first)") else { return nil }
        advance()
        return symbol
    }

    private mutating func number() throws(FilterError) -> Token.Kind {
        let (start, startLine, startColumn) = (position, line, column)
        if peek() == "0", peek(1) == "x" || peek(1) == "X" {
            advance(2)
            while let scalar = peek(), scalar.properties.isASCIIHexDigit || scalar == "_" { _ = scalar; advance() }
            guard let value = Int64(digits(from: start + 2), radix: 16) else {
                throw fault("this number is malformed or does not fit 64 bits", startLine, startColumn)
            }
            return .integer(value)
        }
        skipDigits()
        var isFloat = false
        // `0..name` is an index followed by a search, not a float.
        if peek() == ".", let after = peek(1), "0"..."9" ~= after {
            isFloat = true
            advance()
            skipDigits()
        }
        if peek() == "e" || peek() == "E" {
            let sign = peek(1) == "+" || peek(1) == "-" ? 1 : 0
            if let after = peek(1 + sign), "0"..."9" ~= after {
                isFloat = true
                advance(1 + sign)
                skipDigits()
            }
        }
        let digits = digits(from: start)
        if !isFloat, let value = Int64(digits) { return .integer(value) }
        guard let value = Double(digits), value.isFinite else {
            throw fault("this number is malformed or too large", startLine, startColumn)
        }
        return .float(value)
    }

    private mutating func skipDigits() {
        while let scalar = peek(), "0"..."9" ~= scalar || scalar == "_" { _ = scalar; advance() }
    }

    private func digits(from start: Int) -> String {
        String(String.UnicodeScalarView(text[start..<position].filter { $0 != "_" }))
    }

    private mutating func raw() throws(FilterError) -> String {
        let (startLine, startColumn) = (line, column)
        advance()
        var content = String.UnicodeScalarView()
        while let scalar = peek(), scalar != "`" {
            content.append(scalar)
            advance()
        }
        guard peek() != nil else { throw fault("this string does not end", startLine, startColumn) }
        advance()
        return String(content)
    }

    private mutating func quoted(by quote: Unicode.Scalar) throws(FilterError) -> String {
        let (startLine, startColumn) = (line, column)
        advance()
        var content = String.UnicodeScalarView()
        while let scalar = peek(), scalar != quote {
            guard scalar != "\n" else { throw fault("this string does not end on its line", startLine, startColumn) }
            advance()
            if scalar == "\\" {
                content.append(contentsOf: try escape())
            } else {
                content.append(scalar)
            }
        }
        guard peek() != nil else { throw fault("this string does not end", startLine, startColumn) }
        advance()
        return String(content)
    }

    /// What stands behind a backslash. An unknown escape keeps its backslash, so that `"\d"` means what it looks like.
    private mutating func escape() throws(FilterError) -> String.UnicodeScalarView {
        guard let scalar = peek() else { throw fault("this string does not end", line, column) }
        let (startLine, startColumn) = (line, column)
        advance()
        func single(_ scalar: Unicode.Scalar) -> String.UnicodeScalarView { String.UnicodeScalarView([scalar]) }
        switch scalar {
        case "n": return single("\n")
        case "t": return single("\t")
        case "r": return single("\r")
        case "a": return single("\u{7}")
        case "b": return single("\u{8}")
        case "f": return single("\u{c}")
        case "v": return single("\u{b}")
        case "\\", "\"", "'": return single(scalar)
        case "x", "u", "U":
            let count = scalar == "x" ? 2 : scalar == "u" ? 4 : 8
            guard position + count <= text.count,
                let code = UInt32(String(String.UnicodeScalarView(text[position..<position + count])), radix: 16),
                let value = Unicode.Scalar(code)
            else { throw fault("this escape wants \(count) hexadecimal digits of a character", startLine, startColumn) }
            advance(count)
            return single(value)
        default: return String.UnicodeScalarView(["\\", scalar])
        }
    }

    // MARK: Places

    private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
        position + distance < text.count ? text[position + distance] : nil
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where position < text.count {
            if text[position] == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
            position += 1
        }
    }

    private func fault(_ message: String, _ line: Int, _ column: Int) -> FilterError {
        FilterError(line: line, column: column, message: message)
    }

    static func beginsIdentifier(_ scalar: Unicode.Scalar) -> Bool { scalar == "_" || scalar.properties.isAlphabetic }

    static func continuesIdentifier(_ scalar: Unicode.Scalar) -> Bool {
        beginsIdentifier(scalar) || scalar.properties.numericType == .decimal
    }
}
