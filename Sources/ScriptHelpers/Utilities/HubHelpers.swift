internal import JSON
internal import ScriptRuntime

/// `hub.blockPod`: what a hub does for it is given in ``HelperContext/blockPod``.
enum HubHelpers {
    static func all(_ context: HelperContext) -> [Helper] {
        let block = context.blockPod
        return [
            .blocking("hub.blockPod") { call in
                let name = try call.text(0, "name"), namespace = try call.text(1, "namespace")
                guard let block else {
                    throw HelperError(
                        "hub.blockPod is off: it needs the cluster's setting that allows it, and runs on the hub",
                        code: "UNAVAILABLE")
                }
                try Waiting.run { try await block(name, namespace) }
                return .undefined
            }
        ]
    }
}
