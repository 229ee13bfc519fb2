public import JSON

/// What an engine is made with.
public struct ScriptEngineConfiguration: Sendable {
    /// Where Debian's package node-acorn puts the parser.
    public static let debianParserPath = "/usr/share/nodejs/acorn/dist/acorn.js"

    /// The limits of each script.
    public var budget = ScriptBudget()
    /// What scripts see as `env`, and each member also as a global of its own; an object.
    public var environment: JSONValue = [:]
    /// The helpers that scripts may call.
    public var helpers: [HostFunction] = []
    /// JavaScript of our own that every script finds loaded.
    public var preludes: [ScriptPrelude] = []
    /// The file of the parser acorn, for syntax newer than ES5, and for columns of syntax errors. Without the file
    /// scripts run all the same; see ``SyntaxReport/isComplete``.
    public var parserPath = debianParserPath
    /// Whether a script with newer syntax is refused, and not only reported.
    public var isES5Required = false
    /// The clock by which jobs run.
    public var clock = ScriptClock.system

    /// Takes the defaults.
    public init() {}
}
