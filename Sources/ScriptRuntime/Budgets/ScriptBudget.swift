/// Every limit that scripts live under, with its reason. A limit that is reached says its name here.
public struct ScriptBudget: Sendable, Equatable {
    /// CPU time of one hook, timer or function called by another script. A hook that needs longer than this cannot
    /// keep up with anything; real ones take microseconds, so that even a loaded machine stays far below.
    public var hookCompute: Duration = .seconds(2)
    /// CPU time of one run of a job or of the top level. While it computes, the script's hooks wait and its queue
    /// fills; half a minute is more than any report over a full queue needs.
    public var jobCompute: Duration = .seconds(30)
    /// Time of one hook or timer, waiting for helpers included. Helpers end after their own limits (10 to 60 s), and
    /// a hook that waits for several of them in turn is better off as a job.
    public var hookTime: Duration = .seconds(60)
    /// Time of one run of a job or of the top level, waiting for helpers included: an upload of a large snapshot over
    /// a slow line fits in.
    public var jobTime: Duration = .seconds(300)
    /// How often a running script is looked at, in its own CPU time. Each look costs microseconds; what a script
    /// allocates between two looks is beyond its memory limit, so looks are frequent.
    public var checkInterval: Duration = .milliseconds(20)
    /// The heap of one script. An idle script has 1 MB, one that caches a hundred thousand items some tens.
    public var memory = 128 << 20
    /// The stack of a script's thread: some 10,000 nested calls, after which a `RangeError` is thrown.
    public var stack = 2 << 20
    /// Events that wait for one script: about a second of a busy node. The oldest go first.
    public var queueCount = 4096
    /// Bytes of the events that wait for one script; items with large bodies reach this before the count.
    public var queueBytes = 16 << 20
    /// Timers of one script at a time; hooks that start one per item and never end them stop here.
    public var timers = 1000
    /// Jobs of one script; each is looked at once a second.
    public var jobs = 100
    /// Console messages a second, averaged. People read a few; more is a loop that prints.
    public var consoleRate = 100
    /// Console messages at once before the rate counts, so that a report of some hundred lines comes whole.
    public var consoleBurst = 1000
    /// Bytes of one console message; the rest is cut and counted.
    public var consoleMessage = 64 << 10
    /// Values that all scripts of a process share through `this`; they live outside the scripts' own heaps.
    public var sharedValues = 100_000
    /// Bytes of one script's text. The config map that holds all scripts has 1 MiB.
    public var source = 4 << 20
    /// How long a call in progress may go on once its script is replaced or removed.
    public var replacementGrace: Duration = .seconds(2)
    /// A native step (a regular expression, a sort of millions) cannot be interrupted; after this long it is reported.
    public var stuckReport: Duration = .seconds(10)
    /// Breaches within ``strikeWindow`` that put a script into quarantine.
    public var strikes = 3
    /// Breaches that lie further apart than this are accidents, not a habit.
    public var strikeWindow: Duration = .seconds(600)

    /// Takes the defaults.
    public init() {}
}

/// A limit that a script broke so that its call was ended.
public enum BudgetBreach: Sendable, Equatable {
    /// It computed for too long.
    case compute(limit: Duration)
    /// It took too long, waiting included.
    case time(limit: Duration)
    /// Its heap grew too large.
    case memory(limit: Int)

    var sentence: String {
        switch self {
        case .compute(let limit): "stopped after computing for \(limit): does it loop for ever?"
        case .time(let limit): "stopped after \(limit), waiting for helpers included"
        case .memory(let limit): "stopped with a heap above \(limit >> 20) MB: does it collect without end?"
        }
    }
}
