internal import CJavaScriptCore
internal import Glibc
internal import JSON
internal import Threading

/// Checks texts against ES5 with the parser acorn, run in a VM of its own.
///
/// The VM takes 7 MB and some milliseconds to make, so one VM checks all scripts of a set, and goes when none was
/// checked for a while. One check at a time.
public final class SyntaxChecker: Sendable {
    /// Constructs that run in promises, outside every limit of time: an endless one could not be stopped.
    static let unlimited: Set<String> = ["async function", "await", "dynamic import"]

    private let parserPath: String
    private let thread = Locked<ParserThread?>(nil)
    /// Held as long as a check takes: whether there was one since the last ``restUnlessUsed()``.
    private let isUsed = Locked(false)

    /// Names the file of the parser.
    public init(parserPath: String = ScriptEngineConfiguration.debianParserPath) { self.parserPath = parserPath }

    deinit { rest() }

    /// Whether the parser's file is there.
    public var isAvailable: Bool { access(parserPath, R_OK) == 0 }

    /// Begins to make the VM, on a thread of its own, for a check that comes soon.
    func prepare() { _ = parser() }

    private func parser() -> ParserThread? {
        thread.withLock { thread in
            if thread == nil { thread = ParserThread(path: parserPath) }
            return thread
        }
    }

    /// Checks one text. Blocks until that is done.
    public func check(_ source: String) -> SyntaxReport {
        isUsed.withLock { isUsed in
            isUsed = true
            if let report = parser()?.check(source) { return report }
            endParser()
            return Self.reportWithoutParser(source)
        }
    }

    /// Frees the VM until the next check.
    public func rest() {
        isUsed.withLock { isUsed in
            isUsed = false
            endParser()
        }
    }

    /// Frees the VM if no text was checked since the last call.
    func restUnlessUsed() {
        isUsed.withLock { isUsed in
            if !isUsed { endParser() }
            isUsed = false
        }
    }

    /// To be called by whoever holds ``isUsed``: nobody checks meanwhile.
    private func endParser() {
        thread.withLock { thread in
            thread?.end()
            thread = nil
        }
    }

    /// All that can be told without a parser: whether something in the text looks like what no limit stops.
    private static func reportWithoutParser(_ source: String) -> SyntaxReport {
        var findings: [SyntaxFinding] = []
        for (number, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let word = line.firstRange(ofWords: ["async", "await", "import"]) else { continue }
            let construct = ["async": "async function", "await": "await", "import": "dynamic import"][line[word]] ?? ""
            findings.append(
                SyntaxFinding(
                    construct: construct, line: number + 1,
                    column: line.distance(from: line.startIndex, to: word.lowerBound) + 1))
        }
        return SyntaxReport(findings: findings, error: nil, undeclared: [], isComplete: false)
    }
}

extension Substring {
    /// The first of some words that stands by itself in the text, not followed by a colon or in a member access.
    fileprivate func firstRange(ofWords words: Set<Substring>) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            let end = self[start...].firstIndex { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "$" } ?? endIndex
            if end == start {
                start = index(after: start)
                continue
            }
            let isMember = start > startIndex && self[index(before: start)] == "."
            let isCall = self[end...].drop { $0 == " " }.first.map { $0.isLetter || "($_".contains($0) } ?? false
            if words.contains(self[start..<end]), !isMember, isCall { return start..<end }
            start = end
        }
        return nil
    }
}

/// The VM with acorn in it, and a function that uses it.
final class SyntaxParser {
    private let vm: JavaScriptVM
    private let function: JSObjectRef

    /// nil if the file is not there or is not the parser. The text `glue` is a `function (acorn)` that returns a
    /// `function (source)` that returns a text.
    init?(path: String, function glue: String) {
        guard let text = Self.read(path) else { return nil }
        vm = JavaScriptVM()
        do {
            let acorn = try vm.evaluate(SyntaxGlue.loader(of: text), name: path)
            let glue = try vm.evaluate(glue, name: Glue.name)
            function = vm.keep(try vm.call(glue, acorn))
        } catch {
            return nil
        }
    }

    /// What the function says of a text; nil if the parser gave up, on one that is nested too deeply for it.
    func answer(_ source: String) -> JSONValue? {
        guard let text = try? vm.call(function, vm.make(source)) else { return nil }
        return try? JSONValue(parsing: vm.text(text))
    }

    func check(_ source: String) -> SyntaxReport? {
        guard let result = answer(source) else { return nil }
        return SyntaxReport(
            findings: (result["findings"]?.array ?? []).compactMap(Self.finding),
            error: result["error"].flatMap(Self.finding),
            undeclared: (result["undeclared"]?.array ?? []).compactMap(\.string), isComplete: true)
    }

    private static func finding(_ value: JSONValue) -> SyntaxFinding? {
        guard let construct = value["construct"]?.string, let line = value["line"]?.integer,
            let column = value["column"]?.integer
        else { return nil }
        return SyntaxFinding(construct: construct, line: Int(line), column: Int(column))
    }

    private static func read(_ path: String) -> String? {
        // acorn 8 has 220 KB; what is ten times as large is something else.
        let limit = 2 << 20
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = 0
            while count < limit {
                let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, limit - count)
                if got <= 0 { break }
                count += got
            }
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
