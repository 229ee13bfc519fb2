/// A helper: Swift code that scripts call by a name such as `vendor.webhook`.
///
/// ```swift
/// HostFunction("utils.nodeName") { _ in .json(.string(node)) }
/// HostFunction("vendor.webhook", waits: true) { call in
///     try send(method: call.text(0, "method"), url: call.text(1, "url"), body: call.optionalText(2))
/// }
/// ```
///
/// The body gets copies and returns a copy, and may be called by several scripts at once, hence `@Sendable`. Whatever
/// it throws becomes an `Error` in the script; throw ``HelperError`` to choose its `code`.
public struct HostFunction: Sendable {
    /// The name by which scripts call it: an object and a function, or a function alone.
    public let path: String
    /// Whether the body may block: on the network, on a disk, on anybody.
    ///
    /// A helper that waits runs on a thread of a pool, and the script that called it waits; other scripts do not
    /// notice. While a *job* waits, hooks and timers of its script run (see ``ScriptLane``). A helper that does not
    /// wait runs on the script's own thread and must return within microseconds.
    public let waits: Bool
    let body: @Sendable (HelperCall) throws -> ScriptValue

    /// Names a helper and says whether it may block.
    public init(
        _ path: String, waits: Bool = false, _ body: @escaping @Sendable (HelperCall) throws -> ScriptValue
    ) {
        self.path = path
        self.waits = waits
        self.body = body
    }
}

/// JavaScript of our own that is loaded into every script's VM before the script: helpers that are easier to write in
/// JavaScript, and second views of the objects that hooks get.
///
/// The source is an expression that evaluates to `function (kit)`. It runs before the built-ins that ES5 does not know
/// are removed, and may keep what it needs of them. The kit offers:
/// - `kit.host("path")`: the function of a registered ``HostFunction``;
/// - `kit.define("path", value)`: makes a value a helper, under a name that scripts cannot overwrite;
/// - `kit.decorate("onPodEvent", function (event, pod, change) {…})`: called with the arguments of every call of that
///   hook before the hook, to add to them what the hook may want.
public struct ScriptPrelude: Sendable {
    /// The name by which errors in it are reported.
    public let name: String
    /// Its text.
    public let source: String

    /// Takes the prelude's name and text.
    public init(name: String, source: String) {
        self.name = name
        self.source = source
    }
}
