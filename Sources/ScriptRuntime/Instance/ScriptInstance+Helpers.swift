internal import CJavaScriptCore
internal import JSON
internal import Threading

/// Helpers of other modules, and waiting for them.
extension ScriptInstance {
    /// Scripts that call each other's functions in a circle end here.
    private static let nestingLimit = 16

    func bindHelpers() throws(ScriptFailure) {
        for helper in services.helpers {
            let function = vm.function { [unowned self] arguments in try run(helper, arguments) }
            guard (try? vm.call(glue.addHelper, vm.make(helper.path), function)) != nil else {
                throw Self.engineFailure(identity, "the helper \(helper.path) cannot be defined: is its name taken?")
            }
        }
        for prelude in services.preludes {
            do {
                _ = try vm.call(try vm.evaluate(prelude.source, name: Glue.name), glue.kit)
            } catch {
                throw Self.engineFailure(identity, "the prelude \(prelude.name) failed: \(vm.text(error.value))")
            }
        }
    }

    private func run(_ helper: HostFunction, _ arguments: HostArguments) throws -> JSValueRef? {
        var values: [ScriptValue] = []
        for index in 0..<arguments.count { values.append(try vm.copy(arguments[index])) }
        let call = HelperCall(
            path: helper.path, script: identity, arguments: values, deadline: watch.deadline,
            console: { [console = lane.console] level, text in console.print(level, text) })
        guard helper.waits else { return make(try helper.body(call)) }
        return make(
            try wait(for: helper.path, interleaving: helperInterleaving) { ticket in
                try services.helperThreads.run { ticket.complete(Result { try helper.body(call) }) }
            })
    }

    /// Calls a function that another script shared.
    func call(_ function: SharedFunction, arguments: [UInt8]) throws -> JSValueRef? {
        guard watch.depth < Self.nestingLimit else {
            throw HelperError("\(function.name): scripts call each other in a circle", name: "RangeError")
        }
        let result = try wait(for: function.name, interleaving: functionInterleaving) { ticket in
            function.lane.submit(
                .function(function, arguments: arguments) { ticket.complete($0.mapError { $0 }) })
        }
        return make(result)
    }

    private func make(_ value: ScriptValue) -> JSValueRef? {
        switch value {
        case .undefined: nil
        case .json(let value): vm.make(value)
        case .jsonText(let bytes): vm.make(json: bytes)
        }
    }

    // MARK: Waiting

    /// Only a job lets others in, and only the outermost: see ``ScriptLane``.
    private var helperInterleaving: Interleaving {
        guard case .job = places.last, places.count == 1, !watch.isInterrupted else { return .nothing }
        return .everything
    }

    private var functionInterleaving: Interleaving {
        if watch.isInterrupted { return .nothing }
        return helperInterleaving == .everything ? .everything : .sharedFunctions
    }

    /// Starts something and blocks this thread until it is done, the call runs out of time, or the version must end.
    private func wait(
        for name: String, interleaving: Interleaving, _ begin: (HelperTicket) throws -> Void
    ) throws -> ScriptValue {
        let deadline = watch.deadline
        guard .now < deadline else { throw timeout(name) }
        let ticket = HelperTicket(lane: lane)
        try begin(ticket)
        control.noteRest()
        defer { control.noteLook() }
        while true {
            let seenCalls = lane.callCount
            if let result = ticket.result { return try result.get() }
            if control.mustEnd { throw HelperError("\(name): the script was replaced or removed", code: "REPLACED") }
            guard .now < deadline else { throw timeout(name) }
            if runInside(interleaving) {
                if watch.isInterrupted {
                    throw HelperError("\(name): a call inside had to be stopped", code: "INTERRUPTED")
                }
                continue
            }
            let wakeUps = [deadline, control.deadline, interleaving == .everything ? timers.nextDue : nil]
            lane.restInside(
                control, until: wakeUps.compactMap { $0 }.min() ?? deadline, seenCalls: seenCalls, interleaving)
        }
    }

    /// Runs a timer and an event that may run inside a call that waits; false if there is none.
    private func runInside(_ interleaving: Interleaving) -> Bool {
        let hasRunTimer = interleaving == .everything && runTimer()
        guard !watch.isInterrupted else { return hasRunTimer }
        switch lane.nextInside(control, interleaving) {
        case .request(let request): answer(request)
        case .event(let event): run(event)
        case .nothing, .ended: return hasRunTimer
        }
        return true
    }

    private func timeout(_ name: String) -> HelperError {
        HelperError("\(name): the call that it is part of ran out of time (hookTime, jobTime)", code: "TIMEOUT")
    }
}

/// The answer that a waiting script is going to get.
final class HelperTicket: Sendable {
    private let lane: ScriptLane
    private let answer = Locked<Result<ScriptValue, any Error>?>(nil)

    init(lane: ScriptLane) { self.lane = lane }

    var result: Result<ScriptValue, any Error>? { answer.withLock { $0 } }

    func complete(_ result: Result<ScriptValue, any Error>) {
        answer.withLock { $0 = result }
        lane.wake()
    }
}
