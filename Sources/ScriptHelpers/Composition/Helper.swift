internal import Integrations
internal import ScriptRuntime

/// One helper before it is bound: its path and what it does.
///
/// Like ``HostFunction``, but the body may be `async`, and helpers that call out get a `later` variant.
package struct Helper: Sendable {
    typealias AsyncBody = @Sendable (HelperCall) async throws -> ScriptValue

    private enum Body: Sendable {
        case direct(@Sendable (HelperCall) throws -> ScriptValue)
        case blocking(@Sendable (HelperCall) throws -> ScriptValue)
        case waiting(AsyncBody)
    }

    /// How long a call may take that nobody waits for: as long as a job.
    private static let laterTime: Duration = .seconds(300)

    let path: String
    private let body: Body

    /// A helper that returns within microseconds.
    static func quick(_ path: String, _ body: @escaping @Sendable (HelperCall) throws -> ScriptValue) -> Helper {
        Helper(path: path, body: .direct(body))
    }

    /// A helper that may wait for a disk.
    static func blocking(_ path: String, _ body: @escaping @Sendable (HelperCall) throws -> ScriptValue) -> Helper {
        Helper(path: path, body: .blocking(body))
    }

    /// A helper that waits for the network; `path.later(…)` does the same without waiting.
    static func calling(_ path: String, _ body: @escaping AsyncBody) -> Helper {
        Helper(path: path, body: .waiting(body))
    }

    func hostFunctions(_ outbox: Outbox) -> [HostFunction] {
        switch body {
        case .direct(let body):
            return [HostFunction(path) { call in try Self.translating { try body(call) } }]
        case .blocking(let body):
            return [HostFunction(path, waits: true) { call in try Self.translating { try body(call) } }]
        case .waiting(let body):
            return [
                HostFunction(path, waits: true) { call in
                    try Self.translating { try Waiting.run { try await Self.within(call, body) } }
                },
                HostFunction(path + ".later") { call in
                    let isTaken = outbox.add(call) {
                        // The time of the hook that called does not count for what is done after it.
                        let call = HelperCall(
                            path: call.path, script: call.script, arguments: call.arguments,
                            deadline: .now + Self.laterTime,
                            console: call.console)
                        _ = try await Self.translatingLater { try await Self.within(call, body) }
                    }
                    return .json(.boolean(isTaken))
                },
            ]
        }
    }

    /// Nothing goes on for a script that has stopped waiting for it.
    private static func within(_ call: HelperCall, _ body: AsyncBody) async throws -> ScriptValue {
        try await HTTPClient.$deadline.withValue(call.deadline) { try await body(call) }
    }

    private static func translating(_ body: () throws -> ScriptValue) throws -> ScriptValue {
        do {
            return try body()
        } catch let error as IntegrationError {
            throw HelperError(error)
        }
    }

    private static func translatingLater(_ body: () async throws -> ScriptValue) async throws -> ScriptValue {
        do {
            return try await body()
        } catch let error as IntegrationError {
            throw HelperError(error)
        }
    }
}

extension HelperError {
    /// What a script sees of an integration's failure.
    init(_ error: IntegrationError) {
        let name = error.code == .invalid ? "TypeError" : "Error"
        self.init(error.message, name: name, code: error.code.rawValue, status: error.status, body: error.body)
    }
}
