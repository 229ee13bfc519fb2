internal import Synchronization

/// That a script has a hook, and which calls of it it wants; see ``ScriptEngine/subscriptions(to:)``.
public struct HookSubscription: Sendable, Equatable {
    /// Which script.
    public let script: ScriptIdentity
    /// What the script set as the hook's `filter`, such as `onItemCaptured.filter = "http"`; nil if it wants all calls.
    ///
    /// The engine does not read it: whoever delivers decides, by ``ScriptEngine/deliver(_:to:)``.
    public let filter: String?
}

/// What a version of a script says of its hooks.
struct HookTable: Sendable, Equatable {
    /// Those that it has.
    var hooks: ScriptHooks = []
    /// The texts that it set as `filter` of them.
    var filters: [ScriptHook: String] = [:]
    /// Whether it set `onItemQueried.redacts`: what it could not look at, nobody sees.
    var isRedacting = false
}

/// Counts the changes of what scripts subscribe to.
final class SubscriptionVersion: Sendable {
    private let version = Atomic<Int>(0)

    var value: Int { version.load(ordering: .acquiring) }

    func grow() { version.add(1, ordering: .releasing) }
}
