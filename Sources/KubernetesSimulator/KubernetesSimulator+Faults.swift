internal import Threading

// What goes wrong, and what was asked.
extension KubernetesSimulator {
    /// A fault that was planned.
    public struct FaultID: Sendable, Equatable {
        let number: Int
    }

    /// Plans a fault for requests to come. Faults are tried in the order in which they were planned.
    ///
    /// - Parameter times: how many requests are hit; nil for all until ``removeFault(_:)``.
    @discardableResult public func inject(
        _ fault: RequestFault, for match: RequestMatch = RequestMatch(), times: Int? = 1
    ) -> FaultID {
        FaultID(number: state.withLock { $0.faults.add(fault, for: match, times: times) })
    }

    /// Calls a fault off; without an argument, all of them. Open watches stay as they are.
    public func removeFault(_ fault: FaultID? = nil) {
        state.withLock { $0.faults.remove(fault?.number) }
    }

    /// Makes open watches go wrong at once; returns how many.
    @discardableResult public func disturbWatches(
        _ fault: WatchFault, matching match: RequestMatch = RequestMatch()
    ) -> Int {
        state.withLock { $0.hub.apply(fault, where: match.matches) }
    }

    /// How many watches are open, of a resource or of all.
    public func watchCount(_ resource: String? = nil) -> Int {
        state.withLock { $0.hub.count(of: resource) }
    }

    /// Forgets all history: a watch from an older resourceVersion is too old from now on, and so is a continue token.
    public func compact() {
        state.withLock { $0.registry.store.compact() }
    }

    /// Remembers all objects and the resourceVersion under a name.
    public func backUp(as name: String = "default") {
        state.withLock { $0.backups[name] = $0.registry.store }
    }

    /// Goes back to what was remembered, resourceVersion included, and ends all watches: what clients know may come
    /// from a future that never happens. False if there is no such backup.
    @discardableResult public func restore(_ name: String = "default") -> Bool {
        state.withLock { state in
            guard let store = state.backups[name] else { return false }
            state.registry.store = store
            _ = state.hub.apply(.disconnect) { _ in true }
            return true
        }
    }

    // MARK: What was asked

    /// How many requests there were since the start or ``resetRequests()``; parts that are nil count all.
    public func requestCount(verb: String? = nil, resource: String? = nil) -> Int {
        state.withLock { $0.log.count(verb: verb, resource: resource) }
    }

    /// The latest requests, oldest first; at most 10,000.
    public var requests: [LoggedRequest] { state.withLock { $0.log.requests.map { $0 } } }

    /// Every sort of request, as in `list pods`, with its number.
    public var requestSummary: [(name: String, count: Int)] { state.withLock { $0.log.summary } }

    /// Forgets all requests and sets the counters to zero.
    public func resetRequests() {
        state.withLock { $0.log.removeAll() }
    }
}
