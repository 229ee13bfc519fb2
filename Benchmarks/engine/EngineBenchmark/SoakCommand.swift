import ScriptSoak

/// The soak of `Tests/Support/ScriptSoak` for minutes, with a table to look at and its verdict.
struct SoakCommand {
    let seconds: Int

    /// Whether everything stayed the same.
    func run() async throws -> Bool {
        print("   time  resident MB  anonymous MB  threads  descriptors  swaps")
        let report = try await ScriptSoak(duration: .seconds(seconds)).run { sample in
            let second = Int(sample.time.components.seconds)
            if second % max(1, seconds / 20) == 0 { print(row("\(second) s", sample.figures, "\(sample.swaps)")) }
        }
        print(row("before", report.before, ""))
        print(row("after", report.after, ""))
        let delivered = report.delivered.sorted { $0.key.rawValue < $1.key.rawValue }
        for (hook, count) in delivered { print("\(hook.rawValue): \(count) delivered") }
        let events = report.events
        print(
            "\(events.console) console messages, \(events.refusals) versions refused, \(events.failures) calls failed,",
            "\(events.stopped) stopped")
        for problem in report.problems { print("not flat: \(problem)") }
        print(report.problems.isEmpty ? "flat" : "NOT flat")
        return report.problems.isEmpty
    }

    private func row(_ name: String, _ figures: ProcessFigures, _ swaps: String) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func megabytes(_ bytes: Int) -> String { "\(Double(bytes * 10 / 1_048_576) / 10)" }
        return padded(name, 7) + padded(megabytes(figures.residentBytes), 13)
            + padded(megabytes(figures.anonymousBytes), 14) + padded("\(figures.threads)", 9)
            + padded("\(figures.descriptors)", 13) + padded(swaps, 7)
    }
}
