internal import CJavaScriptCore
internal import JSON

/// The life of a version in service: events, requests, timers, jobs, in turn.
extension ScriptInstance {
    /// Events after which the lane learns of changed hooks and shared names even if there is no pause.
    private static let eventsPerSettle = 64
    /// A pause after which garbage is collected: the library does that by itself only with a run loop.
    private static let pauseBeforeCollection: Duration = .seconds(2)
    /// Cron goes by the wall clock, which may be set: no longer than this passes before it is looked at again.
    private static let longestJobWait: Duration = .seconds(60)

    /// Works until another version takes over or the script is removed.
    func serve() {
        var unsettled = 0
        var hasGarbage = true
        defer { lane.add(statistics) }
        while !control.isEnding {
            let seenCalls = lane.callCount
            // After a timer or job comes an event, so that neither keeps the other waiting.
            if lane.enter(control), runTimer() || runJob() { unsettled += 1 }
            switch lane.next(control) {
            case .ended: return
            case .request(let request):
                answer(request)
                unsettled += 1
            case .event(let event):
                run(event)
                unsettled += 1
            case .nothing:
                if unsettled > 0 { settle() }
                hasGarbage = hasGarbage || unsettled > 0
                unsettled = 0
                pause(seenCalls: seenCalls, hasGarbage: &hasGarbage)
            }
            if unsettled >= Self.eventsPerSettle {
                settle()
                unsettled = 1
            }
        }
    }

    private func pause(seenCalls: Int, hasGarbage: inout Bool) {
        let collection = hasGarbage ? ContinuousClock.now + Self.pauseBeforeCollection : nil
        let deadline = [nextDue, collection].compactMap { $0 }.min()
        lane.rest(control, until: deadline, seenCalls: seenCalls)
        guard let collection, .now >= collection else { return }
        vm.collectGarbage()
        lane.console.reportHeldBack()
        hasGarbage = false
    }

    /// When a timer or job is due.
    private var nextDue: ContinuousClock.Instant? {
        let job = services.jobs.withLock { $0.nextDue(for: control.id) }
        let jobDue = job.map { second in
            let delay = second == .min ? .zero : Duration.seconds(second) - services.clock.now()
            return ContinuousClock.now + min(max(.zero, delay), Self.longestJobWait)
        }
        return [timers.nextDue, jobDue].compactMap { $0 }.min()
    }

    // MARK: Events and requests

    func run(_ event: LaneEvent) {
        adopt()
        switch event {
        case .hook(let call): run(call)
        case .packets(let batch): run(batch)
        case .items(let batch): run(batch)
        }
    }

    private func run(_ call: HookCall) {
        statistics.calls[call.hook, default: 0] += 1
        let start = ContinuousClock.now
        defer { statistics.times.add(.now - start) }
        let result = perform(.hook(call.hook)) { vm, glue throws(JavaScriptException) in
            try invoke(glue.call, call)
        }
        if case .failure(let failure) = result { report(failure) }
    }

    /// Calls a glue function with a hook's number and arguments.
    private func invoke(_ function: JSObjectRef, _ call: HookCall) throws(JavaScriptException) -> JSValueRef {
        let arguments = call.arguments
        return try vm.call(
            function, vm.make(call.hook.number), argument(0, of: arguments), argument(1, of: arguments),
            argument(2, of: arguments), argument(3, of: arguments))
    }

    private func argument(_ index: Int, of arguments: [HookCall.Argument]) -> JSValueRef? {
        guard index < arguments.count else { return nil }
        switch arguments[index] {
        case .text(let text): return vm.make(text)
        case .number(let number): return vm.make(number)
        case .json(let bytes): return vm.make(json: bytes) ?? vm.null
        case .null: return vm.null
        }
    }

    /// Walks a batch; a packet at which the script is stopped costs only that packet.
    private func run(_ batch: PacketBatch) {
        guard let array = packetRows.array else { return }
        statistics.calls[.packetCaptured, default: 0] += batch.count
        let start = ContinuousClock.now
        defer { statistics.times.add(.now - start, calls: batch.count) }
        packetRows.fill(batch)
        let count = vm.make(batch.count)
        let origin = batch.isRouted ? PacketOrigin.make(batch, in: vm) : nil
        hasPacketGroup = true
        while packetRows.row < batch.count, !control.isEnding {
            let result = perform(.hook(.packetCaptured), row: UnsafePointer(packetRows.numbers)) {
                vm, glue throws(JavaScriptException) in try vm.call(glue.runPackets, array, count, origin)
            }
            guard case .failure(let failure) = result else { return }
            report(failure)
            packetRows.row += 1
        }
    }

    /// Walks a batch; an item at which the script is stopped costs only that item. What is left after a long call goes
    /// back into the queue, so that others get their turn.
    private func run(_ batch: ItemBatch) {
        guard let array = packetRows.array else { return }
        let hook = vm.make(ScriptHook.itemCaptured.number)
        let count = vm.make(batch.count)
        let origin = ItemOrigin.make(batch, in: vm)
        packetRows.row = 0
        let start = ContinuousClock.now
        let result = perform(.hook(.itemCaptured), row: UnsafePointer(packetRows.numbers)) {
            vm, glue throws(JavaScriptException) in try vm.call(glue.runItems, hook, array, count, origin)
        }
        if case .failure(let failure) = result {
            report(failure)
            packetRows.row += 1
        }
        let shown = min(packetRows.row, batch.count)
        statistics.calls[.itemCaptured, default: 0] += shown
        statistics.times.add(.now - start, calls: shown)
        let rest = batch.dropping(shown)
        if !rest.isEmpty { lane.putBack(.items(rest)) }
    }

    /// Hands over what a hook with `batch` waits for, since nothing more may come.
    func flushPackets() {
        guard hasPacketGroup else { return }
        hasPacketGroup = false
        let result = perform(.hook(.packetCaptured)) { vm, glue throws(JavaScriptException) in
            try vm.call(glue.flushPackets)
        }
        if case .failure(let failure) = result { report(failure) }
    }

    func answer(_ request: LaneRequest) {
        adopt()
        switch request {
        case .query(let call, let reply): reply(answer(call))
        case .function(let function, let arguments, let reply): reply(call(function, arguments))
        }
    }

    private func answer(_ call: HookCall) -> Result<[UInt8]?, ScriptFailure> {
        statistics.calls[call.hook, default: 0] += 1
        let result = perform(.hook(call.hook)) { vm, glue throws(JavaScriptException) in
            try invoke(glue.query, call)
        }
        switch result {
        case .success(let value): return .success(vm.isUndefined(value) ? nil : Array(vm.text(value).utf8))
        case .failure(let failure):
            report(failure)
            return .failure(failure)
        }
    }

    private func call(_ function: SharedFunction, _ arguments: [UInt8]) -> Result<ScriptValue, HelperError> {
        guard function.owner == control.id else {
            return .failure(
                HelperError("\(function.name): the version of \(identity) that shared it is gone", code: "GONE"))
        }
        let result = perform(.sharedFunction(function.name)) { vm, glue throws(JavaScriptException) in
            try vm.call(
                glue.callExported, vm.make(function.number), vm.make(String(decoding: arguments, as: UTF8.self)))
        }
        switch result {
        case .success(let value):
            return .success(vm.isUndefined(value) ? .undefined : .json(.string(vm.text(value))))
        case .failure(let failure):
            // A stopped function is the owner's fault and goes to its console; a thrown error is the caller's to catch.
            if failure.reason != .thrown { report(failure) }
            return .failure(HelperError(failure.message, code: "CALL"))
        }
    }

    // MARK: Timers and jobs

    /// Runs a timer that is due.
    func runTimer() -> Bool {
        guard let id = timers.takeDue(at: .now) else { return false }
        adopt()
        let result = perform(.timer) { vm, glue throws(JavaScriptException) in
            try vm.call(glue.runTimer, vm.make(id))
        }
        if case .failure(let failure) = result { report(failure) }
        return true
    }

    /// Runs a job that is due, and tells all scripts how it went.
    private func runJob() -> Bool {
        let now = services.clock.second
        guard let job = services.jobs.withLock({ $0.take(for: control.id, now: now) }) else { return false }
        adopt()
        let result = perform(.job(job.tag)) { vm, glue throws(JavaScriptException) in
            try vm.call(glue.runJob, vm.make(job.tag))
        }
        let end = services.clock.second
        services.jobs.withLock { $0.finish(job, owner: control.id, now: end) }
        switch result {
        case .success: services.broadcast(.jobPassed(job))
        case .failure(let failure) where failure.reason == .replaced: break
        case .failure(let failure):
            report(failure)
            services.broadcast(.jobFailed(job, message: failure.message))
        }
        return true
    }
}
