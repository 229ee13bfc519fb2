internal import Threading

/// The thread that makes the parser's VM, uses it and frees it.
///
/// The library has a run loop, with a descriptor, for each thread on which a VM was made, and gives it back when that
/// thread ends; not so if the VM outlives the thread and is freed on another. Hence one thread for all of its life.
final class ParserThread: Sendable {
    private enum Step {
        case idle
        case check(String)
        case report(SyntaxReport?)
        case end
    }

    private let step = Monitor(Step.idle)

    /// Starts it; nil if the system has no more threads.
    init?(path: String) {
        do {
            try NamedThread.start("script-syntax", stackBytes: 2 << 20) { [step] in Self.run(path, step) }
        } catch {
            return nil
        }
    }

    /// Checks a text; nil if there is no parser, or it gave up. One call at a time.
    func check(_ source: String) -> SyntaxReport? {
        step.change { $0 = .check(source) }
        let report = step.wait(until: nil) { step -> SyntaxReport?? in
            guard case .report(let report) = step else { return nil }
            step = .idle
            return .some(report)
        }
        return report ?? nil
    }

    /// Frees the VM; no check may follow.
    func end() { step.change { $0 = .end } }

    private static func run(_ path: String, _ step: Monitor<Step>) {
        let parser = SyntaxParser(path: path, function: SyntaxGlue.source)
        while let source = next(step) {
            let report = parser?.check(source)
            step.change { $0 = .report(report) }
        }
    }

    /// The next text; nil at the end.
    private static func next(_ step: Monitor<Step>) -> String? {
        let source = step.wait(until: nil) { step -> String?? in
            switch step {
            case .check(let source): .some(source)
            case .end: .some(nil)
            case .idle, .report: nil
            }
        }
        return source ?? nil
    }
}
