internal import CJavaScriptCore
internal import JSON

/// One version of a script with its VM. Lives and dies on one thread.
///
/// Not Sendable, on purpose: what other threads may know of it is in ``InstanceControl`` and ``ScriptLane``.
final class ScriptInstance {
    let identity: ScriptIdentity
    let lane: ScriptLane
    let services: EngineServices
    let control: InstanceControl
    let vm: JavaScriptVM
    let watch: CallWatch
    let glue: GlueEntries
    let packetRows: PacketRows
    /// The version in whose place this one comes: it does not see that one's shared names and jobs.
    let predecessor: UInt64?
    var timers: TimerQueue
    var hookTable = HookTable()
    /// What the script said last of its hooks.
    private var hookText = ""
    /// Packets came since the last ``flushPackets()``, so that some may wait in a group that is not full.
    var hasPacketGroup = false
    var statistics = LaneStatistics()
    /// What the script shared while it loads; nil once it is in service.
    var staged: SharedGlobals.Names? = [:]
    /// The version of the shared names that the script has seen.
    var adoptedVersion = 0
    /// What runs now, outermost first.
    var places: [ScriptPlace] = []
    /// What ran last, for what of the script runs when its values are looked at afterwards.
    private var lastPlace = ScriptPlace.load
    /// When the heap is looked at next while the script is busy.
    var nextHeapCheck = ContinuousClock.now

    /// Makes the VM and everything in it but the script itself.
    init(
        _ identity: ScriptIdentity, lane: ScriptLane, services: EngineServices, control: InstanceControl,
        predecessor: UInt64?
    ) throws(ScriptFailure) {
        self.identity = identity
        self.lane = lane
        self.services = services
        self.control = control
        self.predecessor = predecessor
        vm = JavaScriptVM()
        watch = CallWatch(vm: vm, budget: services.budget, control: control)
        timers = TimerQueue(budget: services.budget)
        let host = ScriptInstance.makeHostTable(vm)
        do {
            glue = try GlueEntries(vm, host: host)
        } catch {
            throw Self.engineFailure(identity, "the engine's own JavaScript failed: \(vm.text(error.value))")
        }
        packetRows = PacketRows(vm)
        bindHostFunctions(to: host)
        try bindHelpers()
        call(glue.seal)
        call(glue.setEnvironment, vm.make(String(decoding: services.environment, as: UTF8.self)))
    }

    /// Checks the text and runs its top level.
    func load(_ source: String, privateNames: [String]) throws(ScriptFailure) {
        let script: JSObjectRef
        do {
            try vm.checkSyntax(source, name: identity.title)
            script = vm.keep(
                try vm.evaluate(Glue.scriptPrefix + source + Glue.scriptSuffix, name: identity.title))
        } catch {
            throw failure(error, in: .load, syntax: true)
        }
        call(glue.setPrivateNames, vm.make(JSONValue.array(privateNames.map(JSONValue.string)).description))
        adopt()
        if case .failure(let failure) = perform(
            .load,
            { vm, glue throws(JavaScriptException) in
                try vm.call(glue.run, script)
            })
        {
            throw failure
        }
        settle()
    }

    /// Runs a piece of the script within its budget.
    ///
    /// The value of a success is found by the collector as long as it stays in local variables.
    func perform(
        _ place: ScriptPlace, row: UnsafePointer<Double>? = nil,
        _ body: (JavaScriptVM, GlueEntries) throws(JavaScriptException) -> JSValueRef
    ) -> Result<JSValueRef, ScriptFailure> {
        watch.begin(isLong: place.isLong, row: row)
        places.append(place)
        lastPlace = place
        defer {
            places.removeLast()
            if watch.end() { absorbEnding() }
        }
        do {
            return .success(try body(vm, glue))
        } catch {
            return .failure(failure(error, in: place))
        }
    }

    /// Gives a call of no consequence to the word that something is to end, in place of the script's next one.
    private func absorbEnding() {
        let attempts = 8
        for _ in 0..<attempts where (try? vm.call(glue.spin)) != nil { return }
    }

    /// Reports a failure, and counts it against the script if it broke a budget.
    func report(_ failure: ScriptFailure) {
        guard failure.reason != .replaced else { return }
        lane.note(failure)
        guard case .stopped(let breach) = failure.reason else { return }
        if case .memory = breach { return relieveMemory() }
        _ = lane.noteBreach(breach, in: failure.place, by: control)
    }

    /// Takes up the names that other scripts share, if any came or went.
    func adopt() {
        let version = services.shared.version
        guard version != adoptedVersion, watch.depth == 0 else { return }
        adoptedVersion = version
        var names = services.shared.names(ignoring: staged == nil ? nil : predecessor)
        if let staged { names += staged.keys.filter { !names.contains($0) } }
        call(glue.adopt, vm.make(JSONValue.array(names.map(JSONValue.string)).description))
    }

    /// Publishes what the last calls changed: shared names, hooks, figures.
    func settle() {
        flushPackets()
        publish()
        if case .success(let set) = perform(
            places.last ?? lastPlace,
            { vm, glue throws(JavaScriptException) in
                try vm.call(glue.hooks)
            })
        {
            noteHooks(vm.text(set))
        }
        lane.settle(control, table: hookTable, statistics: statistics)
        statistics = LaneStatistics()
        checkHeap()
    }

    /// Reads what the glue says of hooks: their set as a number or, if there is more to say, an object.
    private func noteHooks(_ text: String) {
        guard text != hookText else { return }
        hookText = text
        let description = try? JSONValue(parsing: text)
        var table = HookTable()
        table.hooks = ScriptHooks(rawValue: Int(description?.integer ?? description?["set"]?.integer ?? 0))
        for hook in table.hooks.all { table.filters[hook] = description?["filters"]?[hook.rawValue]?.string }
        table.isRedacting = description?["redacts"]?.boolean == true
        hookTable = table
    }

    /// Moves names that the script put on `this` to the store. Getters and `toJSON` of the script run here, hence the
    /// budget.
    private func publish() {
        let result = perform(places.last ?? lastPlace) { vm, glue throws(JavaScriptException) in
            try vm.call(glue.publish)
        }
        if case .failure(let failure) = result { report(failure) }
    }

    /// Calls a function of the glue that runs nothing of the script and cannot fail.
    private func call(_ function: JSObjectRef, _ argument: JSValueRef? = nil) { _ = try? vm.call(function, argument) }

    // MARK: Memory

    /// A heap grows slowly too, a little in each call.
    private func checkHeap() {
        let checkInterval: Duration = .seconds(5)
        guard ContinuousClock.now >= nextHeapCheck, watch.depth == 0 else { return }
        nextHeapCheck = .now + checkInterval
        if vm.heapBytes() > services.budget.memory { relieveMemory() }
    }

    /// Collects garbage; if the script still holds too much, only ending it frees the memory.
    private func relieveMemory() {
        // Inside a waiting job the collector would find too much alive: the end of that job looks again.
        nextHeapCheck = .now
        guard watch.depth == 0 else { return }
        vm.collectGarbage()
        let limit = services.budget.memory
        let breach = BudgetBreach.memory(limit: limit)
        if vm.heapBytes() > limit {
            lane.quarantine(control, because: "it holds more than \(limit >> 20) MB (memory)")
        } else {
            _ = lane.noteBreach(breach, in: places.last ?? lastPlace, by: control)
        }
    }
}

/// The memory through which packets reach the script: the row at work, then the numbers of a ``PacketBatch``.
final class PacketRows {
    static let count = 1 + PacketBatch.capacity * PacketBatch.columns

    let numbers: UnsafeMutablePointer<Double>
    /// The same memory as a typed array.
    let array: JSObjectRef?

    init(_ vm: JavaScriptVM) {
        numbers = .allocate(capacity: Self.count)
        numbers.initialize(repeating: 0, count: Self.count)
        array = JSObjectMakeTypedArrayWithBytesNoCopy(
            vm.context, kJSTypedArrayTypeFloat64Array, numbers, Self.count * MemoryLayout<Double>.stride,
            { _, _ in }, nil, nil
        ).map { vm.keep($0) }
    }

    deinit { numbers.deallocate() }

    /// Takes a batch over, its first row at work.
    func fill(_ batch: PacketBatch) {
        batch.rows.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            UnsafeMutableRawPointer(numbers + 1).copyMemory(from: start, byteCount: source.count)
        }
        numbers[0] = 0
    }

    /// The row at work, which a script that ends can leave anywhere.
    var row: Int {
        get { Int(exactly: numbers[0].rounded()) ?? Self.count }
        set { numbers[0] = Double(newValue) }
    }
}
