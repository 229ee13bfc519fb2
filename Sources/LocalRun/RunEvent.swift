package import ScriptRuntime

/// What a run has to tell its user.
package enum RunEvent: Sendable {
    /// A script, or the engine on its behalf, printed a message.
    case console(ConsoleLine)
    /// A version of a script is in service; `path` is its file.
    case loaded(ScriptLoadReport, path: String, isReload: Bool)
    /// A version of a script was refused; `goesOn` says whether the one before it is in service.
    case refused(ScriptFailure, path: String, goesOn: Bool)
    /// A script went with its file.
    case unloaded(ScriptIdentity, path: String)
    /// A script is out of service until its next edit.
    case quarantined(ScriptIdentity, path: String, reason: String)
    /// Something could not be used and was passed over.
    case problem(String)
    /// Something worth knowing.
    case notice(String)
}

/// Shows a run's events. Called on many threads, at once for different scripts.
package protocol RunReporter: Sendable {
    /// Takes one event.
    func report(_ event: RunEvent)
}

/// Why a run could not begin: something that the user named is not there or makes no sense.
package struct RunRefusal: Error, Equatable, CustomStringConvertible {
    /// What, why, and what to do.
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// How a run went.
package struct RunOutcome: Sendable, Equatable {
    /// Scripts that are in service at the end.
    package var scripts = 0
    /// Versions of scripts that were refused.
    package var refusals = 0
    /// Hooks, jobs, timers and shared functions that failed.
    package var failures = 0

    package init(scripts: Int = 0, refusals: Int = 0, failures: Int = 0) {
        self.scripts = scripts
        self.refusals = refusals
        self.failures = failures
    }

    /// Whether every script was loaded and none failed.
    package var isGood: Bool { refusals == 0 && failures == 0 }
}
