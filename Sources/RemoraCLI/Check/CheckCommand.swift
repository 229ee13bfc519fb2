internal import ArgumentParser
internal import FilterLanguage
internal import JSON
internal import ScriptCheck
internal import ScriptFolder

/// `remora check`: what is wrong with scripts, told without running them.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check scripts without running them.",
        discussion: """
            Looks at syntax (ES5, on which scripts can rely), names of hooks and helpers, and times of jobs and filters, and prints what \
            it finds as compilers do: file:line:column.

            Exit status: 0 if all scripts are good, 1 if one is not, 2 if a file cannot be read.
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Argument(help: ArgumentHelp("Scripts and folders with scripts.", valueName: "path"))
    var paths: [String]

    @Flag(help: "Read folders inside the folders too.")
    var recursive = false

    @Flag(name: .customLong("es5"), help: "Syntax newer than ES5 is an error and not a warning.")
    var isES5Required = false

    @Option(name: [.short, .long], help: "text, or json: one object for each file.")
    var output = Output.text

    func run() throws {
        let terminal = Terminal()
        let filters = FilterCache()
        let check = ScriptCheck(isES5Required: isES5Required) { text in
            do throws(FilterError) {
                _ = try filters.filter(text)
                return nil
            } catch {
                return "\(error)"
            }
        }
        guard let check else {
            complain("the parser acorn is not installed: apt-get install node-acorn", terminal)
            throw ExitCode(Remora.usageStatus)
        }
        let scan = FolderScanner(paths.map { ScriptSource(path: $0, isRecursive: recursive) }).scan()
        for problem in scan.problems { complain("\(problem)", terminal) }
        if scan.files.isEmpty, scan.problems.isEmpty {
            complain("there is no script in \(paths.joined(separator: ", ")): scripts end in .js", terminal)
        }
        var isGood = true
        for file in scan.files {
            let report = check.check(file.text)
            isGood = isGood && report.isGood
            switch output {
            case .text: print(report, of: file, terminal)
            case .json: terminal.print(Self.json(report, of: file).encoded() + [0x0a])
            }
        }
        if !scan.problems.isEmpty || scan.files.isEmpty { throw ExitCode(Remora.usageStatus) }
        if !isGood { throw ExitCode.failure }
    }

    private func complain(_ text: String, _ terminal: Terminal) {
        terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(text)")
    }

    private func print(_ report: ScriptCheckReport, of file: ScriptFile, _ terminal: Terminal) {
        for finding in report.findings {
            let word = terminal.styled(finding.severity.rawValue, finding.severity == .error ? .bad : .change)
            terminal.print(
                "\(file.identity.location):\(finding.line):\(finding.column): \(word): \(finding.message)")
        }
        guard report.isGood else { return }
        let hooks = report.hooks.isEmpty ? "no hooks" : report.hooks.map(\.rawValue).joined(separator: ", ")
        let jobs = report.jobCount == 0 ? "" : report.jobCount == 1 ? "; 1 job" : "; \(report.jobCount) jobs"
        terminal.print("\(file.identity.location): \(terminal.styled("good", .good)): \(hooks)\(jobs)")
    }

    private static func json(_ report: ScriptCheckReport, of file: ScriptFile) -> JSONValue {
        [
            "file": .string(file.identity.location), "title": .string(file.title), "good": .boolean(report.isGood),
            "hooks": .array(report.hooks.map { .string($0.rawValue) }), "jobs": .integer(Int64(report.jobCount)),
            "findings": .array(
                report.findings.map { finding in
                    [
                        "severity": .string(finding.severity.rawValue), "kind": .string(finding.kind.rawValue),
                        "line": .integer(Int64(finding.line)), "column": .integer(Int64(finding.column)),
                        "message": .string(finding.message),
                    ]
                }),
        ]
    }
}
