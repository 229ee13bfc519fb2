/// What a script was doing.
public enum ScriptPlace: Sendable, Equatable, CustomStringConvertible {
    /// Its top level ran.
    case load
    /// A hook ran.
    case hook(ScriptHook)
    /// A job ran; the tag is the normalised one.
    case job(String)
    /// A function given to `setTimeout` or `setInterval` ran.
    case timer
    /// Another script called a function that this one put on `this`.
    case sharedFunction(String)

    /// The words in front of an error on the console.
    public var description: String {
        switch self {
        case .load: "load"
        case .hook(let hook): "hook=\(hook.rawValue)"
        case .job(let tag): "job=\(tag)"
        case .timer: "timer"
        case .sharedFunction(let name): "function=\(name)"
        }
    }

    /// Whether it has the time limits of a job and not those of a hook.
    var isLong: Bool {
        switch self {
        case .load, .job: true
        case .hook, .timer, .sharedFunction: false
        }
    }
}
