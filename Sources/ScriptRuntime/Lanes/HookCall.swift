/// One call of a hook, ready to be handed to every script that has it.
///
/// Arguments are bytes and plain values, shared between lanes without copying; each script builds its own objects
/// from them, so that none sees what another did to its copy.
public struct HookCall: Sendable {
    /// An argument of a hook.
    public enum Argument: Sendable, Equatable {
        /// A string.
        case text(String)
        /// A number.
        case number(Double)
        /// JSON text in UTF-8, which each script parses into an object of its own.
        case json([UInt8])
        /// `null`.
        case null
    }

    /// The hook to call.
    public let hook: ScriptHook
    /// What it gets, at most four.
    public let arguments: [Argument]
    /// Whether this call goes first when a script's queue overflows. Items and packets do; a pod event that tells of
    /// a crash comes once and stays.
    public let isExpendable: Bool

    private init(_ hook: ScriptHook, _ arguments: [Argument], isExpendable: Bool = false) {
        self.hook = hook
        self.arguments = arguments
        self.isExpendable = isExpendable
    }

    /// A dissected item, as JSON text.
    public static func itemCaptured(_ item: [UInt8]) -> HookCall {
        HookCall(.itemCaptured, [.json(item)], isExpendable: true)
    }

    /// A change of a pod: `ADDED`, `MODIFIED` or `DELETED`, the pod's JSON, and what the change means, if anything.
    public static func podEvent(_ event: String, pod: [UInt8], change: [UInt8]?) -> HookCall {
        HookCall(
            .podEvent, [.text(event), .json(pod), change.map(Argument.json) ?? .null], isExpendable: change == nil)
    }

    /// A `hub.action`: its name, what was passed as JSON, and who sent it as JSON.
    public static func hubAction(_ action: String, object: [UInt8]?, sender: [UInt8]?) -> HookCall {
        HookCall(
            .hubAction,
            [.text(action), object.map(Argument.json) ?? .null, sender.map(Argument.json) ?? .null])
    }

    /// A line that Remora logged, as JSON text that the script parses itself.
    public static func logCall(level: String, message: String) -> HookCall {
        HookCall(.logCall, [.text(level), .text(message)], isExpendable: true)
    }

    static func jobPassed(_ job: JobRun) -> HookCall {
        HookCall(.jobPassed, [.text(job.tag), .text(job.cron), .number(Double(job.limit))])
    }

    static func jobFailed(_ job: JobRun, message: String) -> HookCall {
        HookCall(.jobFailed, [.text(job.tag), .text(job.cron), .number(Double(job.limit)), .text(message)])
    }

    static func itemQueried(_ item: [UInt8], filter: String) -> HookCall {
        HookCall(.itemQueried, [.json(item), .text(filter)])
    }

    /// What the call weighs in a queue.
    var byteCount: Int {
        arguments.reduce(into: 64) { sum, argument in
            switch argument {
            case .text(let text): sum += text.utf8.count
            case .json(let bytes): sum += bytes.count
            case .number, .null: break
            }
        }
    }
}
