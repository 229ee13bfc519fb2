internal import ScriptCheck
internal import ScriptFolder
internal import Threading

/// Checks files away from the threads that all tasks share: the parser needs time and a deep stack.
struct FileChecker: Sendable {
    private let check: ScriptCheck

    init(_ check: ScriptCheck) { self.check = check }

    func findings(_ file: ScriptFile) async -> [CheckFinding] {
        await withCheckedContinuation { continuation in
            do {
                try NamedThread.start("script-check") { [check] in
                    continuation.resume(returning: check.check(file.text).findings)
                }
            } catch {
                // No thread to be had: the hub checks the script once more.
                continuation.resume(returning: [])
            }
        }
    }
}
