internal import JSON
internal import ScriptRuntime
internal import Threading
internal import Timestamps

/// `hub.*` and `utils.*Name` of a worker.
enum WorkerHelpers {
    /// The most that one action may carry.
    private static let objectBytes = 1 << 20

    static func all(node: String, worker: String, link: (any HubLink)?) -> [HostFunction] {
        let hasTold = Locked(false)
        return [
            HostFunction("utils.nodeName") { _ in .json(.string(node)) },
            HostFunction("utils.workerName") { _ in .json(.string(worker)) },
            HostFunction("hub.targeted", waits: true) { _ in
                .json(.string((link?.targets ?? ["targets": [], "excluded": []]).description))
            },
            HostFunction("hub.action") { call in
                let action = try call.text(0, "action")
                let object = call.value(1)?.encoded()
                if let object, object.count > objectBytes {
                    throw HelperError(
                        "hub.action: the object has \(object.count) bytes as JSON, more than 1 MiB", name: "RangeError",
                        code: "TOO_LARGE")
                }
                guard let link else {
                    let isNews = hasTold.withLock { told in
                        defer { told = true }
                        return !told
                    }
                    if isNews { call.console(.error, "hub.action(\"\(action)\") goes nowhere: this worker has no hub") }
                    return .undefined
                }
                link.act(action, object: object, by: .init(index: call.script.index, title: call.script.title))
                return .undefined
            },
        ]
    }
}
