/// What scripts and the engine have to say; see ``ScriptEventSink``.
public enum ScriptEvent: Sendable {
    /// A script, or the engine on its behalf, printed a message.
    case console(ConsoleLine)
    /// A version of a script is in service.
    case loaded(ScriptLoadReport)
    /// A version of a script was refused; the one before it, if any, goes on.
    case refused(ScriptFailure)
    /// A script was removed.
    case unloaded(ScriptIdentity)
    /// A hook, job, timer or shared function of a script failed; its console has a line about it already.
    case failed(ScriptFailure)
    /// A script was taken out of service until its next edit.
    case quarantined(ScriptIdentity, reason: String)
    /// Calls were dropped since the last report because a script's queue was full.
    case dropped(ScriptIdentity, count: Int)
}

/// Receives what scripts and the engine have to say.
///
/// Called on the threads of scripts, at once and in order for each script. Return soon: whoever is slow here slows the
/// script, not the capture.
public protocol ScriptEventSink: Sendable {
    /// Takes one event.
    func receive(_ event: ScriptEvent)
}

/// How a console message is shown.
public enum ConsoleLevel: Sendable, Equatable {
    /// `console.log`.
    case output
    /// `console.error`, and errors of hooks and jobs.
    case error
    /// `console.clear`: viewers drop earlier messages of this script from this process.
    case cleared
}

/// One message on a script's console.
public struct ConsoleLine: Sendable, Equatable {
    /// Whose message it is.
    public let script: ScriptIdentity
    /// How it is shown.
    public let level: ConsoleLevel
    /// The text; line breaks belong to it, ANSI colours pass unchanged.
    public let text: String

    /// Makes a message.
    public init(script: ScriptIdentity, level: ConsoleLevel, text: String) {
        self.script = script
        self.level = level
        self.text = text
    }

    /// The message as consoles show it: `[node-3] text` or `[node-3:ERROR] text`.
    public func rendered(node: String) -> String {
        "[\(node)-\(script.index)\(level == .error ? ":ERROR" : "")] \(text)"
    }
}

/// What came of loading a script.
public struct ScriptLoadReport: Sendable, Equatable {
    /// Which script.
    public let script: ScriptIdentity
    /// The revision that is in service now.
    public let revision: ScriptRevision
    /// False if that revision was in service before, and nothing was done.
    public let isNew: Bool
    /// The hooks that it has.
    public let hooks: ScriptHooks
    /// What in it is newer than ES5, with line and column.
    public let findings: [SyntaxFinding]
}
