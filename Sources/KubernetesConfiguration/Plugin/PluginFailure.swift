/// Why a credential plugin gave no credentials.
public struct PluginFailure: Error, Sendable, Equatable {
    /// What went wrong.
    public enum Reason: Sendable, Equatable {
        /// The command does not exist; what its entry says about installing it.
        case notFound(searched: String, installHint: String?)
        /// It must ask a person, and there is no terminal.
        case needsTerminal
        /// The system refused to start it.
        case cannotStart(problem: String)
        /// It took longer than it may, and was killed.
        case timedOut(limit: Duration)
        /// It ended with a status other than success; such as `exit code 1`.
        case failed(status: String)
        /// It printed more than any credentials need, and was killed.
        case outputTooLarge(limit: Int)
        /// It printed something else than credentials.
        case invalidOutput(problem: String)
    }

    /// The user entry that names the plugin.
    public let place: ConfigurationPlace
    /// The command as it is written there; its arguments may hold secrets and are left out.
    public let command: String
    /// What went wrong.
    public let reason: Reason
    /// The end of what it printed to standard error, without white space around it.
    public let standardErrorTail: String

    /// A failure of `command`.
    public init(place: ConfigurationPlace, command: String, reason: Reason, standardErrorTail: String = "") {
        self.place = place
        self.command = command
        self.reason = reason
        self.standardErrorTail = standardErrorTail
    }

    /// Whether another run may succeed, with nothing done by a person.
    public var isRetryable: Bool {
        switch reason {
        case .timedOut, .failed, .cannotStart: true
        case .notFound, .needsTerminal, .outputTooLarge, .invalidOutput: false
        }
    }
}

extension PluginFailure: CustomStringConvertible {
    /// A sentence for a person, followed by the plugin's own last words.
    public var description: String {
        let words = standardErrorTail.isEmpty ? "" : "\nIts last words:\n\(standardErrorTail)"
        return "\(place): the credential plugin \"\(command)\" \(what)\(words)"
    }

    private var what: String {
        switch reason {
        case .notFound(let searched, let hint):
            "does not exist or is not executable (searched: \(searched))." + (hint.map { "\n\($0)" } ?? "")
        case .needsTerminal:
            "has interactiveMode Always, but standard input is no terminal: run it from a terminal, or use a plugin that"
                + " needs none."
        case .cannotStart(let problem):
            "cannot be started: \(problem)"
        case .timedOut(let limit):
            "was killed, since it took longer than \(limit.components.seconds) s; run it by hand to see what it waits"
                + " for."
        case .failed(let status):
            "failed with \(status)."
        case .outputTooLarge(let limit):
            "was killed, since it printed more than \(limit) bytes; it should print one ExecCredential object."
        case .invalidOutput(let problem):
            "printed something that cannot be used: \(problem)"
        }
    }
}
