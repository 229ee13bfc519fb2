internal import JSON

/// What waits in a lane and may be given up.
enum LaneEvent: Sendable {
    /// A hook to call.
    case hook(HookCall)
    /// Packets for `onPacketCaptured`.
    case packets(PacketBatch)
    /// Items for `onItemCaptured`.
    case items(ItemBatch)

    var isExpendable: Bool {
        switch self {
        case .hook(let call): call.isExpendable
        case .packets, .items: true
        }
    }

    /// How many calls of a hook it stands for.
    var callCount: Int {
        switch self {
        case .hook: 1
        case .packets(let batch): batch.count
        case .items(let batch): batch.count
        }
    }

    var byteCount: Int {
        switch self {
        case .hook(let call): call.byteCount
        case .packets(let batch): batch.byteCount
        case .items(let batch): batch.byteCount
        }
    }
}

/// What waits in a lane and has somebody waiting for it: each is answered exactly once.
enum LaneRequest: Sendable {
    /// Call `onItemQueried`; the answer is the JSON of the object it returned, nil for anything else.
    case query(HookCall, reply: @Sendable (Result<[UInt8]?, ScriptFailure>) -> Void)
    /// Call a function that the script shared, with a JSON array of arguments.
    case function(SharedFunction, arguments: [UInt8], reply: @Sendable (Result<ScriptValue, HelperError>) -> Void)

    var isFunction: Bool { if case .function = self { true } else { false } }

    /// Answers that there is nobody to do it any more.
    func decline(_ script: ScriptIdentity) {
        switch self {
        case .query(let call, let reply):
            reply(
                .failure(
                    ScriptFailure(
                        script: script, place: .hook(call.hook), reason: .replaced, text: "the script is gone")))
        case .function(let function, _, let reply):
            reply(.failure(HelperError("\(function.name): the script \(script) that shared it is gone", code: "GONE")))
        }
    }
}
