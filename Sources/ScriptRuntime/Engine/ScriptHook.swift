/// The functions that Remora calls in a script, if it has them.
public enum ScriptHook: String, Sendable, CaseIterable {
    /// Each captured packet and fragment: `(info)`.
    case packetCaptured = "onPacketCaptured"
    /// Each dissected item: `(data)`.
    case itemCaptured = "onItemCaptured"
    /// Each item that a viewer fetches: `(data, filter)`; an object that it returns replaces the item.
    case itemQueried = "onItemQueried"
    /// Each `hub.action` that reaches the hub: `(action, object, sender)`.
    case hubAction = "onHubAction"
    /// Each change of a pod: `(event, pod, change)`.
    case podEvent = "onPodEvent"
    /// Each job that returned: `(tag, cron, limit)`.
    case jobPassed = "onJobPassed"
    /// Each job that threw or was stopped: `(tag, cron, limit, err)`.
    case jobFailed = "onJobFailed"
    /// Each line that Remora itself logs: `(level, msg)`.
    case logCall = "onLogCall"

    var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// A set of hooks.
public struct ScriptHooks: OptionSet, Sendable, Hashable {
    /// One bit for each hook, in the order of declaration.
    public let rawValue: Int

    /// Takes the bits.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The set of one hook.
    public init(_ hook: ScriptHook) { rawValue = 1 << hook.number }

    /// Whether the set has a hook.
    public func contains(_ hook: ScriptHook) -> Bool { contains(ScriptHooks(hook)) }

    /// The hooks in the set.
    public var all: [ScriptHook] { ScriptHook.allCases.filter(contains) }
}
