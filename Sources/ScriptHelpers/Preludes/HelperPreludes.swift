internal import ScriptRuntime

/// Helpers that are written in JavaScript.
enum HelperPreludes {
    static func all(_ context: HelperContext) -> [ScriptPrelude] { [] }
}
