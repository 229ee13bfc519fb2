public import JSON
internal import Threading

/// A question about the syntax tree of scripts, asked in JavaScript: for tools that look at more than the syntax.
///
/// Like ``SyntaxChecker`` it runs the parser acorn in a VM of its own, one text at a time, and never runs the script.
public final class SyntaxTreeFunction: Sendable {
    private struct Box: ~Copyable {
        var parser: SyntaxParser?
    }

    private let parser: Locked<Box>

    /// Names the file of the parser and the text of the question: a `function (acorn)` that returns a
    /// `function (source)` that returns JSON text. nil if the file is not there, or the question is no such function.
    public init?(parserPath: String = ScriptEngineConfiguration.debianParserPath, _ question: String) {
        guard let parser = SyntaxParser(path: parserPath, function: question) else { return nil }
        self.parser = Locked(Box(parser: parser))
    }

    /// The answer for one text; nil if it is nested too deeply. Runs on the calling thread, which needs a stack of 1 MB.
    public func callAsFunction(_ source: String) -> JSONValue? { parser.withLock { $0.parser?.answer(source) } }
}
