internal import CJavaScriptCore
internal import JSON
internal import Threading

/// What the glue asks of the engine.
extension ScriptInstance {
    static func makeHostTable(_ vm: JavaScriptVM) -> JSObjectRef {
        let table = vm.keep(JSObjectMake(vm.context, nil, nil))
        vm.set(
            "packetColumns", of: table, to: vm.make(JSONValue.array(PacketOrigin.columns.map(JSONValue.string))))
        return table
    }

    /// Binds a host function. The VM, which keeps the closure, belongs to the instance, hence unowned.
    private func bind(
        _ name: String, to table: JSObjectRef,
        _ body: @escaping (ScriptInstance, HostArguments) throws -> JSValueRef?
    ) {
        vm.set(name, of: table, to: vm.function { [unowned self] arguments in try body(self, arguments) })
    }

    func bindHostFunctions(to table: JSObjectRef) {
        bindConsole(to: table)
        bindTimers(to: table)
        bindJobs(to: table)
        bindShared(to: table)
    }

    private func bindConsole(to table: JSObjectRef) {
        bind("print", to: table) { instance, arguments in
            let level: ConsoleLevel =
                switch arguments.number(0) {
                case 1: .error
                case 2: .cleared
                default: .output
                }
            instance.lane.console.print(level, arguments.text(1))
            return nil
        }
        bind("packetFailed", to: table) { instance, arguments in
            instance.report(instance.failure(JavaScriptException(arguments[0]), in: .hook(.packetCaptured)))
            return nil
        }
        bind("itemFailed", to: table) { instance, arguments in
            instance.report(instance.failure(JavaScriptException(arguments[0]), in: .hook(.itemCaptured)))
            return nil
        }
        bind("item", to: table) { instance, arguments in
            ItemOrigin.item(of: arguments[0], row: arguments.number(1), in: instance.vm)
        }
        bind("itemAlone", to: table) { instance, arguments in
            ItemOrigin.alone(arguments[0], row: arguments.number(1), in: instance.vm)
        }
        bind("itemMember", to: table) { instance, arguments in
            ItemOrigin.member(arguments.text(1), of: arguments[0], in: instance.vm)
        }
        bind("packetColumn", to: table) { instance, arguments in
            PacketOrigin.value(
                of: arguments[0], row: arguments.number(1), column: arguments.number(2), in: instance.vm)
        }
    }

    private func bindTimers(to table: JSObjectRef) {
        bind("timerStart", to: table) { instance, arguments in
            let id = try instance.timers.add(
                milliseconds: arguments.number(0), repeats: arguments.boolean(1), at: .now)
            return instance.vm.make(id)
        }
        bind("timerStop", to: table) { instance, arguments in
            if let id = Int(exactly: arguments.number(0)) { instance.timers.remove(id) }
            return nil
        }
    }

    private func bindJobs(to table: JSObjectRef) {
        bind("jobSchedule", to: table) { instance, arguments in try instance.scheduleJob(arguments) }
        bind("jobExists", to: table) { instance, arguments in
            let tag = arguments.text(0)
            return instance.vm.make(instance.jobs { $0.has(tag, owner: instance.control.id) })
        }
        bind("jobRemove", to: table) { instance, arguments in
            let tag = arguments.text(0)
            try instance.jobs { try $0.remove(tag: tag, by: instance.control.id, script: instance.identity.index) }
            return instance.notice("Removed the job: \"\(tag)\"")
        }
        bind("jobRemoveAll", to: table) { instance, _ in
            instance.jobs { $0.removeAll(by: instance.control.id, script: instance.identity.index) }
            return instance.notice("All jobs are removed.")
        }
        bind("jobList", to: table) { instance, _ in
            let tags = instance.jobs { $0.tags(for: instance.control.id, script: instance.identity.index) }
            return instance.vm.make(JSONValue.array(tags.map(JSONValue.string)).description)
        }
        bind("jobRun", to: table) { instance, arguments in
            let tag = arguments.text(0)
            _ = try instance.jobs {
                try $0.trigger(tag: tag, by: instance.control.id, script: instance.identity.index)
            }
            instance.services.wakeLanes()
            return instance.notice("Triggered the job: \"\(tag)\"")
        }
        bind("jobRunAll", to: table) { instance, _ in
            instance.jobs { $0.triggerAll(by: instance.control.id, script: instance.identity.index) }
            instance.services.wakeLanes()
            return instance.notice("All jobs are triggered.")
        }
        bindScheduler(to: table)
    }

    private func bindScheduler(to table: JSObjectRef) {
        bind("schedulerIsRunning", to: table) { instance, _ in instance.vm.make(instance.jobs { $0.isRunning }) }
        bind("schedulerStart", to: table) { instance, _ in
            instance.jobs { $0.start(now: instance.services.clock.second) }
            instance.services.wakeLanes()
            return nil
        }
        bind("schedulerStop", to: table) { instance, _ in
            instance.jobs { $0.stop() }
            return nil
        }
    }

    private func scheduleJob(_ arguments: HostArguments) throws -> JSValueRef {
        let (tag, cron) = (arguments.text(0), arguments.text(1))
        // NaN is what a missing limit became.
        let limit = Int(exactly: arguments.number(2).rounded(.towardZero)) ?? 0
        try jobs {
            try $0.schedule(
                tag: tag, cron: cron, limit: limit, owner: control.id, script: identity.index,
                now: services.clock.second)
        }
        lane.wake()
        _ = notice(
            "Scheduled the job: \"\(tag)\" for cron: \"\(cron)\" (limit: \(limit > 0 ? String(limit) : "infinite"))")
        return vm.make(JobSchedule.normalised(tag))
    }

    private func jobs<Result: Sendable>(_ body: (inout JobSchedule) throws -> Result) rethrows -> Result {
        try services.jobs.withLock { schedule in try body(&schedule) }
    }

    private func notice(_ text: String) -> JSValueRef? {
        lane.console.print(.output, text)
        return nil
    }

    // MARK: Shared names

    private func bindShared(to table: JSObjectRef) {
        bind("globalGet", to: table) { instance, arguments in
            SharedHandle.make(instance.sharedValue(arguments.text(0)), in: instance.vm)
        }
        bind("globalSet", to: table) { instance, arguments in
            try instance.share(arguments.text(0), SharedHandle.value(arguments[1], in: instance.vm))
            return nil
        }
        bind("globalDelete", to: table) { instance, arguments in
            instance.unshare(arguments.text(0))
            return nil
        }
        bind("functionNew", to: table) { instance, arguments in
            let function = SharedFunction(
                owner: instance.control.id, number: Int(arguments.number(0)), name: arguments.text(1),
                lane: instance.lane)
            return SharedHandle.make(.function(function), in: instance.vm)
        }
        bind("functionCall", to: table) { instance, arguments in
            guard case .function(let function) = SharedHandle.value(arguments[0], in: instance.vm) else { return nil }
            return try instance.call(function, arguments: Array(arguments.text(1).utf8))
        }
        bindNodes(to: table)
    }

    private func bindNodes(to table: JSObjectRef) {
        bind("nodeNew", to: table) { instance, arguments in
            let node = SharedNode(isArray: arguments.boolean(0), allowance: instance.services.shared.allowance)
            return SharedHandle.make(.node(node), in: instance.vm)
        }
        bind("nodeGet", to: table) { instance, arguments in
            SharedHandle.make(arguments.node?.get(arguments.text(1)) ?? .undefined, in: instance.vm)
        }
        bind("nodeHas", to: table) { instance, arguments in
            instance.vm.make(arguments.node?.has(arguments.text(1)) ?? false)
        }
        bind("nodeSet", to: table) { instance, arguments in
            try arguments.node?.set(arguments.text(1), to: SharedHandle.value(arguments[2], in: instance.vm))
            return nil
        }
        bind("nodeDelete", to: table) { _, arguments in
            arguments.node?.remove(arguments.text(1))
            return nil
        }
        bind("nodeKeys", to: table) { instance, arguments in
            let keys = arguments.node?.keys ?? []
            return instance.vm.make(JSONValue.array(keys.map(JSONValue.string)).description)
        }
        bind("handleID", to: table) { instance, arguments in
            instance.vm.make(SharedHandle.value(arguments[0], in: instance.vm).identity)
        }
        // Positive: the number of a function of this very version. 0: object, -1: array, -2: another's function.
        bind("handleKind", to: table) { instance, arguments in
            switch SharedHandle.value(arguments[0], in: instance.vm) {
            case .node(let node): return instance.vm.make(node.isArray ? -1 : 0)
            case .function(let function) where function.owner == instance.control.id:
                return instance.vm.make(function.number)
            default: return instance.vm.make(-2)
            }
        }
    }

    private func sharedValue(_ name: String) -> SharedValue {
        staged?[name] ?? services.shared.get(name, ignoring: staged == nil ? nil : predecessor) ?? .undefined
    }

    private func share(_ name: String, _ value: SharedValue) throws {
        if staged != nil {
            staged?[name] = value
        } else {
            try services.shared.set(name, to: value, by: control.id)
        }
    }

    private func unshare(_ name: String) {
        if staged?.removeValue(forKey: name) == nil { services.shared.remove(name) }
    }
}

extension HostArguments {
    /// The shared object or array of the first argument.
    fileprivate var node: SharedNode? {
        if case .node(let node) = SharedHandle.value(self[0], in: vm) { node } else { nil }
    }
}

extension SharedValue {
    /// A text that is the same for two handles of one object as long as either lives.
    fileprivate var identity: String {
        switch self {
        case .node(let node): "\(UInt(bitPattern: ObjectIdentifier(node)))"
        case .function(let function): "\(function.owner):\(function.number)"
        default: ""
        }
    }
}
