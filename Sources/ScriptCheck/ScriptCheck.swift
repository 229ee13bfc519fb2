public import ScriptRuntime

/// One thing that a check found in a script.
public struct CheckFinding: Sendable, Hashable, CustomStringConvertible {
    /// Whether the script will fail because of it.
    public enum Severity: String, Sendable, Hashable {
        /// The script does not load, or fails where this stands.
        case error
        /// The script runs, but not everywhere or not as it looks.
        case warning
    }

    /// What kind of thing.
    public enum Kind: String, Sendable, Hashable {
        /// No JavaScript, or none that may run.
        case syntax
        /// Newer than ES5.
        case newerSyntax = "newer-syntax"
        /// A call of a helper that does not exist.
        case unknownHelper = "unknown-helper"
        /// A function that looks like a hook with a mistyped name.
        case hookName = "hook-name"
        /// A name that scripts do not have.
        case unknownName = "unknown-name"
        /// A cron expression that is none.
        case cron
        /// A filter that is none.
        case filter
    }

    /// Whether the script will fail.
    public let severity: Severity
    /// What kind of thing.
    public let kind: Kind
    /// The line, from 1.
    public let line: Int
    /// The column, from 1.
    public let column: Int
    /// What it is and what to do.
    public let message: String

    /// `line:column: severity: message`.
    public var description: String { "\(line):\(column): \(severity.rawValue): \(message)" }
}

/// What a check says about one script.
public struct ScriptCheckReport: Sendable, Equatable {
    /// The hooks that the script has, in the order of declaration in ``ScriptHook``.
    public let hooks: [ScriptHook]
    /// How many calls of `jobs.schedule` with a literal time it has.
    public let jobCount: Int
    /// What was found, in the order of the text.
    public let findings: [CheckFinding]

    /// Whether nothing stands in the script that will fail.
    public var isGood: Bool { !findings.contains { $0.severity == .error } }
}

/// Checks scripts without running them: syntax, names of hooks and helpers, times of jobs, filters.
public final class ScriptCheck: Sendable {
    /// What is wrong with a filter text; nil if nothing is.
    public typealias FilterCheck = @Sendable (String) -> String?

    private let syntax: SyntaxChecker
    private let facts: SyntaxTreeFunction
    private let isES5Required: Bool
    private let filterCheck: FilterCheck?

    /// Takes the settings; nil if the parser's file is not there.
    ///
    /// - Parameters:
    ///   - parserPath: acorn's file.
    ///   - isES5Required: whether syntax newer than ES5 is an error.
    ///   - filterCheck: judges texts that stand as filters; without it they are not looked at.
    public init?(
        parserPath: String = ScriptEngineConfiguration.debianParserPath, isES5Required: Bool = false,
        filterCheck: FilterCheck? = nil
    ) {
        guard let facts = SyntaxTreeFunction(parserPath: parserPath, ScriptFacts.question) else { return nil }
        syntax = SyntaxChecker(parserPath: parserPath)
        self.facts = facts
        self.isES5Required = isES5Required
        self.filterCheck = filterCheck
    }

    /// Checks one script. Runs on the calling thread, which needs a stack of 1 MB.
    public func check(_ source: String) -> ScriptCheckReport {
        let report = syntax.check(source)
        var findings = syntaxFindings(report)
        let facts = report.error == nil ? self.facts(source).map(ScriptFacts.init) : nil
        guard let facts else { return ScriptCheckReport(hooks: [], jobCount: 0, findings: findings) }
        findings += hookFindings(facts) + callFindings(facts) + cronFindings(facts) + filterFindings(facts)
        findings.sort { ($0.line, $0.column) < ($1.line, $1.column) }
        let names = Set(facts.functions.map(\.text))
        return ScriptCheckReport(
            hooks: ScriptHook.allCases.filter { names.contains($0.rawValue) }, jobCount: facts.crons.count,
            findings: findings)
    }

    private func syntaxFindings(_ report: SyntaxReport) -> [CheckFinding] {
        if let error = report.error {
            return [
                CheckFinding(
                    severity: .error, kind: .syntax, line: error.line, column: error.column,
                    message: "syntax error: \(error.construct)")
            ]
        }
        var findings = report.findings.map { finding in
            CheckFinding(
                severity: isES5Required ? .error : .warning, kind: .newerSyntax, line: finding.line,
                column: finding.column,
                message: "\(finding.construct) is newer than ES5" + (isES5Required ? "" : ", on which scripts can rely")
            )
        }
        if let refused = report.refused {
            findings.append(
                CheckFinding(
                    severity: .error, kind: .syntax, line: refused.line, column: refused.column,
                    message: "\(refused.construct) cannot be used: it would run outside every limit"))
        }
        return findings
    }

    private func hookFindings(_ facts: ScriptFacts) -> [CheckFinding] {
        let hooks = ScriptHook.allCases.map(\.rawValue)
        return facts.functions.compactMap { function in
            // A function that the script calls itself is what it says.
            guard !hooks.contains(function.text), !facts.references.contains(function.text),
                let hook = Suggestion.nearest(to: function.text, among: hooks)
            else { return nil }
            return CheckFinding(
                severity: .error, kind: .hookName, line: function.line, column: function.column,
                message: "\(function.text) is no hook and is never called: did you mean \(hook)?")
        }
    }

    private func callFindings(_ facts: ScriptFacts) -> [CheckFinding] {
        facts.calls.compactMap { call in
            let root = String(call.text.prefix { $0 != "." })
            guard !facts.assigned.contains(root), !facts.guarded.contains(root), !facts.guarded.contains(call.text)
            else { return nil }
            if HelperCatalog.roots.contains(root) {
                guard case .unknown(let suggestion) = HelperCatalog.judge(call.text) else { return nil }
                return finding(.unknownHelper, call, "\(call.text) is no helper", meant: suggestion)
            }
            if let instead = ForeignNames.instead[root] {
                return finding(
                    .unknownName, call, "\(root) does not exist in scripts" + (instead.isEmpty ? "" : ": \(instead)"))
            }
            guard !ForeignNames.builtIns.contains(root), !HelperCatalog.functions.contains(root) else { return nil }
            // Any other name may come from `env` or from another script's `this`.
            let near = Suggestion.nearest(to: root, among: HelperCatalog.roots.union(HelperCatalog.functions))
            return near.map { finding(.unknownName, call, "\(root) is declared nowhere", meant: $0) }
        }
    }

    private func finding(
        _ kind: CheckFinding.Kind, _ place: ScriptFacts.Place, _ text: String, meant: String? = nil
    ) -> CheckFinding {
        CheckFinding(
            severity: .error, kind: kind, line: place.line, column: place.column,
            message: text + (meant.map { ": did you mean \($0)?" } ?? ""))
    }

    private func cronFindings(_ facts: ScriptFacts) -> [CheckFinding] {
        facts.crons.compactMap { cron in
            do throws(CronError) {
                _ = try CronExpression(parsing: cron.text)
                return nil
            } catch {
                return finding(.cron, cron, error.description)
            }
        }
    }

    private func filterFindings(_ facts: ScriptFacts) -> [CheckFinding] {
        facts.filters.compactMap { filter in
            filterCheck?(filter.text).map { finding(.filter, filter, "filter: \($0)") }
        }
    }
}
