package import Dissection
package import JSON
package import PacketCapture
internal import Threading
internal import Timestamps

/// Who had which address when.
///
/// An address is given to another pod within seconds in a busy cluster, so names are found by address and time. Thread-safe;
/// bounded: what has ended long ago is forgotten first.
package final class PeerNames: PeerResolver, Sendable {
    /// From when to when an address was somebody's, in nanoseconds since 1970; `until` is not part of it.
    private struct Tenure: Sendable {
        var from: Int64
        var until: Int64
        var key: String
        var peer: ResolvedPeer
    }

    private struct State: Sendable {
        /// By address, in the order of time.
        var tenures: [String: [Tenure]] = [:]
        /// The addresses that a pod has now, by `namespace/name`.
        var current: [String: [String]] = [:]
        var count = 0
        /// Grows with every change of who has what.
        var version = 0
    }

    /// Ended tenures are kept for as long as packets may be: longer than any ring reaches back.
    private let kept: Int64
    /// Tenures at most, each with its pod.
    private let limit: Int
    private let state = Locked(State())

    /// Moments that ``history()`` tells of at most, and addresses in all of them together.
    private static let historyLimit = 10_000
    private static let historyEntries = 100_000

    /// Nobody yet. What has ended is forgotten after `kept`, and earlier when there are more than `limit`.
    package init(kept: Duration = .seconds(3600), limit: Int = 50_000) {
        self.kept = kept.components.seconds * 1_000_000_000
        self.limit = limit
    }

    /// Takes note of a pod as the API shows it; `time` is when it became so, in nanoseconds since 1970.
    ///
    /// Pods in their node's network share its address, and are not told apart by it.
    package func note(pod: JSONValue, isDeleted: Bool, at time: Int64) {
        let name = pod["metadata"]?["name"]?.string ?? ""
        let namespace = pod["metadata"]?["namespace"]?.string ?? ""
        let phase = pod["status"]?["phase"]?.string
        let isOver = isDeleted || phase == "Succeeded" || phase == "Failed"
        let sharesNode = pod["spec"]?["hostNetwork"] == .boolean(true)
        let addresses = isOver || sharesNode ? [] : Self.addresses(of: pod)
        let started = pod["status"]?["startTime"]?.string.flatMap { Timestamp($0) }.map { $0.microseconds * 1000 }
        let peer = ResolvedPeer(name: name, namespace: namespace, pod: pod)
        note("\(namespace)/\(name)", peer, addresses, from: min(started ?? time, time), at: time)
    }

    /// Takes note of whoever has addresses from `from` on, and of nobody else having them.
    private func note(_ key: String, _ peer: ResolvedPeer, _ addresses: [String], from: Int64, at time: Int64) {
        state.withLock { state in
            let before = state.current[key] ?? []
            if before != addresses { state.version += 1 }
            for address in before where !addresses.contains(address) { Self.end(address, key, at: time, &state) }
            for address in addresses {
                var tenures = state.tenures[address] ?? []
                if let last = tenures.indices.last, tenures[last].key == key, tenures[last].until == .max {
                    tenures[last].peer = peer
                } else {
                    // Whoever had it before has it no more, told or not.
                    let start = before.isEmpty ? from : time
                    if let last = tenures.indices.last {
                        tenures[last].until = min(tenures[last].until, max(start, tenures[last].from))
                        if tenures[last].key != key {
                            state.current[tenures[last].key]?.removeAll { $0 == address }
                        }
                    }
                    tenures.append(
                        Tenure(from: max(start, tenures.last?.until ?? .min), until: .max, key: key, peer: peer))
                    state.count += 1
                }
                state.tenures[address] = tenures
            }
            state.current[key] = addresses.isEmpty ? nil : addresses
            if state.count > limit { Self.forget(before: time - kept, &state, limit: limit) }
        }
    }

    private static func end(_ address: String, _ key: String, at time: Int64, _ state: inout State) {
        guard var tenures = state.tenures[address] else { return }
        for place in tenures.indices where tenures[place].key == key && tenures[place].until == .max {
            tenures[place].until = max(time, tenures[place].from)
        }
        state.tenures[address] = tenures
    }

    /// Forgets what has ended before a moment; if that is not enough, everything that has ended.
    private static func forget(before time: Int64, _ state: inout State, limit: Int) {
        for moment: Int64 in [time, Int64.max - 1] where state.count > limit {
            for (address, tenures) in state.tenures {
                let rest = tenures.filter { $0.until > moment }
                state.tenures[address] = rest.isEmpty ? nil : rest
            }
            state.count = state.tenures.values.reduce(0) { $0 + $1.count }
        }
    }

    private static func addresses(of pod: JSONValue) -> [String] {
        var texts: [String] = (pod["status"]?["podIPs"]?.array ?? []).compactMap { $0["ip"]?.string }
        if let text = pod["status"]?["podIP"]?.string { texts.append(text) }
        var addresses: [String] = []
        for text in texts {
            // As items write addresses, so that they are found.
            guard let address = IPAddress(text)?.description, !addresses.contains(address) else { continue }
            addresses.append(address)
        }
        return addresses
    }

    // MARK: Asking

    package func peer(address: String, port: UInt16, at time: Int64) -> ResolvedPeer? {
        state.withLock { state in
            state.tenures[address]?.last { $0.from <= time && time < $0.until }?.peer
        }
    }

    /// Another number whenever somebody got an address or lost one.
    package var version: Int { state.withLock { $0.version } }

    /// Whose an address was at a moment, and how long it was so, or nobody's.
    package func tenure(of address: String, at time: Int64) -> (peer: ResolvedPeer?, during: Range<Int64>) {
        state.withLock { state in
            let tenures = state.tenures[address] ?? []
            if let tenure = tenures.last(where: { $0.from <= time && time < $0.until }) {
                return (tenure.peer, tenure.from..<tenure.until)
            }
            let from = tenures.last { $0.until <= time }?.until ?? .min
            let until = tenures.first { $0.from > time }?.from ?? .max
            return (nil, from..<max(from, until))
        }
    }

    /// The addresses that pods had at any time between two moments.
    ///
    /// - Parameters:
    ///   - name: the pods' name; nil for all of the namespace.
    ///   - namespace: nil for any.
    package func addresses(name: String?, namespace: String?, in window: ClosedRange<Int64>) -> Set<IPAddress> {
        state.withLock { state in
            var found: Set<IPAddress> = []
            for (text, tenures) in state.tenures {
                let isMeant = tenures.contains { tenure in
                    tenure.from <= window.upperBound && tenure.until > window.lowerBound
                        && (name == nil || tenure.peer.name == name)
                        && (namespace == nil || tenure.peer.namespace == namespace)
                }
                if isMeant, let address = IPAddress(text) { found.insert(address) }
            }
            return found
        }
    }

    /// The latest name of each address, `name.namespace`, for programs that show captures.
    package var latest: [IPAddress: String] {
        state.withLock { state in
            var names: [IPAddress: String] = [:]
            for (text, tenures) in state.tenures {
                if let address = IPAddress(text), let peer = tenures.last?.peer { names[address] = Self.full(peer) }
            }
            return names
        }
    }

    /// What `pcap.nameResolutionHistory()` gives: for each second in which a name changed, all names from then on, as
    /// `{"<second>": {"<address>": {FullAddress, Namespace}}}`. Of a long history the latest moments.
    package func history() -> JSONValue {
        let all = state.withLock { $0.tenures }
        var moments: Set<Int64> = []
        for tenures in all.values {
            for tenure in tenures {
                moments.insert(Self.second(tenure.from))
                if tenure.until != .max { moments.insert(Self.second(tenure.until)) }
            }
        }
        let most = min(Self.historyLimit, max(1, Self.historyEntries / max(1, all.count)))
        var history: JSONValue = [:]
        for second in moments.sorted().suffix(most) {
            var names: JSONValue = [:]
            for (address, tenures) in all.sorted(by: { $0.key < $1.key }) {
                // As at the end of that second: a change within it counts.
                let tenure = tenures.last { Self.second($0.from) <= second && second < Self.second($0.until) }
                guard let peer = tenure?.peer else { continue }
                names[address] = ["FullAddress": .string(Self.full(peer)), "Namespace": .string(peer.namespace)]
            }
            history[String(second)] = names
        }
        return history
    }

    private static func full(_ peer: ResolvedPeer) -> String {
        peer.namespace.isEmpty ? peer.name : "\(peer.name).\(peer.namespace)"
    }

    private static func second(_ nanoseconds: Int64) -> Int64 {
        nanoseconds == .max ? .max : nanoseconds / 1_000_000_000
    }
}
