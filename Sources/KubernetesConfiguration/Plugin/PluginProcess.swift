internal import Glibc
internal import Subprocess

/// One run of a credential plugin's process, bounded in time and in what it may print.
struct PluginProcess: Sendable {
    let executable: String
    let arguments: [String]
    let environment: [String: String]
    /// Whether the plugin may read from this process's standard input and speak through its standard error.
    let isInteractive: Bool
    let timeLimit: Duration

    /// The most that is read from standard output; credentials with long certificate chains have some kilobytes.
    static let outputLimit = 1 << 20
    /// The end of standard error that is kept: enough for a stack trace's last lines.
    static let tailLimit = 4 << 10

    /// How a run ended.
    struct Ending {
        /// What was printed to standard output, or why that does not count.
        let outcome: Result<[UInt8], Fault>
        let standardErrorTail: String
    }

    /// Why a run has no output.
    enum Fault: Error {
        case cancelled
        case reason(PluginFailure.Reason)
    }

    /// The first of a run's two sides to end.
    private enum Event {
        case ended(Ending)
        case timeIsUp
    }

    /// Runs the process; when the time is up or the task is cancelled it is killed, with all that it started.
    func run() async -> Ending {
        await withTaskGroup(of: Event.self) { group in
            group.addTask { .ended(await runUnbounded()) }
            group.addTask {
                try? await Task.sleep(for: timeLimit)
                return .timeIsUp
            }
            let first = await group.next()
            // Ends the sleep, or kills the process and waits until it is gone.
            group.cancelAll()
            switch first {
            case .ended(let ending): return ending
            case .timeIsUp, nil:
                let fault: Fault = Task.isCancelled ? .cancelled : .reason(.timedOut(limit: timeLimit))
                guard case .ended(let ending) = await group.next() else {
                    preconditionFailure("the process's task always ends with an ending")
                }
                return Ending(outcome: .failure(fault), standardErrorTail: ending.standardErrorTail)
            }
        }
    }

    private func runUnbounded() async -> Ending {
        let tail = StandardErrorTail(limit: Self.tailLimit, isForwarded: isInteractive)
        let outcome = await outcome(tail)
        // A process that was killed looks as if it had ended by itself.
        return Ending(outcome: Task.isCancelled ? .failure(.cancelled) : outcome, standardErrorTail: tail.text)
    }

    private func outcome(_ tail: StandardErrorTail) async -> Result<[UInt8], Fault> {
        do {
            let (output, status) = try await runProcess(tail)
            if case .exited(0) = status { return .success(output) }
            return .failure(.reason(.failed(status: Self.words(for: status))))
        } catch let fault as Fault {
            return .failure(fault)
        } catch {
            // Subprocess says what the system refused; it knows no arguments and no variables' values.
            return .failure(.reason(.cannotStart(problem: "\(error)")))
        }
    }

    private func runProcess(_ tail: StandardErrorTail) async throws -> ([UInt8], TerminationStatus) {
        if isInteractive {
            let result = try await Subprocess.run(
                configuration, input: .currentStandardInput, output: .sequence, error: .sequence
            ) { try await Self.collect($0.standardOutput, $0.standardError, tail) }
            return (result.closureResult, result.terminationStatus)
        }
        let result = try await Subprocess.run(
            configuration, input: .none, output: .sequence, error: .sequence
        ) { try await Self.collect($0.standardOutput, $0.standardError, tail) }
        return (result.closureResult, result.terminationStatus)
    }

    private static func collect(
        _ output: SubprocessOutputSequence, _ error: SubprocessOutputSequence, _ tail: StandardErrorTail
    ) async throws -> [UInt8] {
        async let isErrorRead: Void = tail.append(contentsOf: error)
        var bytes: [UInt8] = []
        for try await buffer in output {
            buffer.withUnsafeBytes { bytes.append(contentsOf: $0) }
            // Thrown here, it makes Subprocess kill the process.
            if bytes.count > outputLimit { throw Fault.reason(.outputTooLarge(limit: outputLimit)) }
        }
        try await isErrorRead
        return bytes
    }

    private static func words(for status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }

    private var configuration: Configuration {
        var options = PlatformOptions()
        // A session of its own, so that the process can be killed with all that it started; but one that asks a person
        // must stay in the terminal's.
        options.createSession = !isInteractive
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: !isInteractive, allowedDurationToNextStep: .zero)
        ]
        // With the zero byte at the end that C wants; what is no name is not handed on, since Subprocess refuses it.
        let variables = environment.filter { Self.isVariableName($0.key) }.map { Array("\($0.key)=\($0.value)\0".utf8) }
        return Configuration(
            executable: .path(.init(executable)), arguments: Arguments(arguments),
            environment: .custom(variables), platformOptions: options)
    }

    /// Whether an environment variable can have this name (POSIX: no `=`, no digit at its start).
    static func isVariableName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first &- UInt8(ascii: "0") >= 10 else { return false }
        return !name.utf8.contains { $0 == UInt8(ascii: "=") || $0 == 0 }
    }
}
