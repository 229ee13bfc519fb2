internal import Fleet
internal import PacketCapture
internal import ScriptTraffic
internal import Threading

/// Which pods the worker's scripts hear and see of, by the config map's keys and by who has which address when.
///
/// While nothing is left out, everything passes, also what belongs to no pod. Else traffic passes of which one end is a
/// pod that is meant, as far as the hub has told of it.
final class WorkerTargets: TrafficTargets {
    private struct State: Sendable {
        var targeting = PodTargeting()
        var version = 0
        /// What was found of pods' names: compiling costs more than matching, and a matcher cannot be shared.
        var known: [String: Bool] = [:]
    }

    private let names: PeerNames
    private let state = Locked(State())

    /// Pods of a node, and those that its pods talk to.
    private static let knownLimit = 10_000

    init(_ names: PeerNames) { self.names = names }

    /// Takes the keys; those that are not there have their defaults.
    func take(_ keys: [String: String]) {
        let targeting = PodTargeting(keys)
        state.withLock { state in
            guard targeting != state.targeting else { return }
            state.targeting = targeting
            state.known = [:]
            state.version += 1
        }
    }

    /// Whether a pod is meant.
    func includes(namespace: String, name: String) -> Bool {
        state.withLock { state in
            if state.targeting.isEverything { return true }
            let key = "\(namespace)/\(name)"
            if let known = state.known[key] { return known }
            let answer = state.targeting.makeMatcher().includes(namespace: namespace, name: name)
            if state.known.count >= Self.knownLimit { state.known = [:] }
            state.known[key] = answer
            return answer
        }
    }

    // MARK: Traffic

    var version: Int? {
        let own = state.withLock { $0.targeting.isEverything ? nil : $0.version }
        // Both only grow.
        return own.map { $0 + names.version }
    }

    func isMeant(_ address: IPAddress, at time: Int64) -> (answer: Bool, during: Range<Int64>) {
        let (peer, during) = names.tenure(of: address.description, at: time)
        guard let peer else { return (false, during) }
        return (includes(namespace: peer.namespace, name: peer.name), during)
    }
}
