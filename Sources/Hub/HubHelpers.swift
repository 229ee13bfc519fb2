internal import JSON
internal import KubernetesClient
internal import ScriptRuntime
internal import Threading

/// The helpers that the hub itself answers.
enum HubHelpers {
    /// `hub.action(action, object)` is local here; `hub.targeted()` lists the pods that are meant, and others.
    static func all(
        _ act: @escaping @Sendable (String, JSONValue?, ScriptIdentity) -> Void,
        _ targets: @escaping @Sendable () -> JSONValue
    )
        -> [HostFunction]
    {
        [
            HostFunction("hub.action") { call in
                act(try call.text(0, "action"), call.value(1), call.script)
                return .undefined
            },
            // A text, since scripts parse it.
            HostFunction("hub.targeted") { _ in .json(.string(targets().description)) },
            HostFunction("utils.nodeName") { _ in "hub" },
        ]
    }
}
