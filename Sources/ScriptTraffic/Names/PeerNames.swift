internal import Dissection
package import JSON
internal import PacketCapture
internal import Threading
internal import Timestamps

/// Who had which address when.
///
/// An address is given to another pod within seconds in a busy cluster, so names are found by address and time. Two sources
/// tell: events of pods, which are *told* with the whole pod (`note(pod:…)`), and a *list* of everybody in the cluster with
/// little more than names (``note(_:at:)``). Of a pod that is told, the list adds the service. Thread-safe; bounded: what
/// has ended long ago is forgotten first.
package final class PeerNames: PeerResolver, Sendable {
    struct State: Sendable {
        /// By address, in the order of time.
        var tenures: [String: [Tenure]] = [:]
        /// The addresses that a pod has now that is told.
        var current: [PeerKey: [String]] = [:]
        var count = 0
        /// Of them those that have not ended, by kind.
        var open: [PeerRecord.Kind: Int] = [:]
        /// Grows with every change of what told pods have.
        var version = 0
        /// The addresses of the list that is being read; nil: none is.
        var listed: Set<String>?
        /// Addresses of lists for which there was no room.
        var refused = 0

        var openCount: Int { open.values.reduce(0, +) }
    }

    /// Ended tenures are kept for as long as packets may be: longer than any ring reaches back.
    private let kept: Int64
    /// Tenures at most, each with its name.
    private let limit: Int
    let state = Locked(State())

    /// Nobody yet. What has ended is forgotten after `kept`, and earlier when there are more than `limit`.
    package init(kept: Duration = .seconds(3600), limit: Int = 50_000) {
        self.kept = kept.components.seconds * 1_000_000_000
        self.limit = limit
    }

    // MARK: What is told

    /// Takes note of a pod as the API shows it; `time` is when it became so, in nanoseconds since 1970.
    ///
    /// Pods in their node's network share its address, and are not told apart by it.
    package func note(pod: JSONValue, isDeleted: Bool, at time: Int64) {
        let key = PeerKey(
            kind: .pod, namespace: pod["metadata"]?["namespace"]?.string ?? "",
            name: pod["metadata"]?["name"]?.string ?? "")
        let phase = pod["status"]?["phase"]?.string
        let isOver = isDeleted || phase == "Succeeded" || phase == "Failed"
        let sharesNode = pod["spec"]?["hostNetwork"] == .boolean(true)
        let addresses = isOver || sharesNode ? [] : Self.addresses(of: pod)
        let started = pod["status"]?["startTime"]?.string.flatMap { Timestamp($0) }.map { $0.microseconds * 1000 }
        state.withLock { state in
            let before = state.current[key] ?? []
            if before != addresses { state.version += 1 }
            for address in before where !addresses.contains(address) { Self.end(address, key, at: time, &state) }
            for address in addresses {
                let from = before.isEmpty ? min(started ?? time, time) : time
                var tenure = Self.current(address, key, state) ?? Tenure(from: from, key: key)
                if !tenure.isTold { state.version += 1 }
                tenure.isTold = true
                tenure.peer = tenure.build(pod: pod)
                Self.put(tenure, at: address, &state)
            }
            state.current[key] = addresses.isEmpty ? nil : addresses
            Self.forget(before: time - kept, &state, limit: limit)
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

    // MARK: What is listed

    /// A list of everybody begins: what is listed from here on is kept when it is complete, and the rest ends.
    package func beginList() { state.withLock { $0.listed = [] } }

    /// The list is complete. What was listed before and is not in it ends at a moment (nanoseconds since 1970), but for what
    /// told pods have.
    package func completeList(at time: Int64) {
        state.withLock { state in
            guard let listed = state.listed else { return }
            state.listed = nil
            for (address, tenures) in state.tenures where !listed.contains(address) {
                guard let last = tenures.last, last.isOpen, !last.isTold else { continue }
                Self.end(address, last.key, at: time, &state)
            }
        }
    }

    /// Takes note of whose addresses are by a list, or by what has changed in it; `time` is now, in nanoseconds since 1970.
    package func note(_ records: [PeerRecord], at time: Int64) {
        state.withLock { state in
            for record in records { note(record, at: time, &state) }
        }
    }

    private func note(_ record: PeerRecord, at time: Int64, _ state: inout State) {
        guard let address = IPAddress(record.address)?.description else { return }
        state.listed?.insert(address)
        if var tenure = Self.current(address, record.key, state) {
            guard tenure.place != record.place else { return }
            tenure.place = record.place
            tenure.peer = tenure.isTold ? tenure.build(pod: tenure.peer?.peer.pod) : nil
            return Self.put(tenure, at: address, &state)
        }
        var tenure = Tenure(from: min(record.since, time), key: record.key, place: record.place)
        if let last = state.tenures[address]?.last {
            // Pods' own events may be ahead of a list that is as old as that.
            if last.isOpen, last.isTold, last.from > record.since { return }
            // A pod says when it began; that of others is of their objects, which are older than their addresses.
            if record.kind != .pod, !last.isOpen { tenure.from = max(tenure.from, last.until) }
        }
        Self.forget(before: time - kept, &state, limit: limit - 1)
        guard state.count < limit else {
            state.refused += 1
            return
        }
        Self.put(tenure, at: address, &state)
    }

    /// Nobody has an address any more since a moment (nanoseconds since 1970), by the list.
    package func end(_ address: String, at time: Int64) {
        guard let address = IPAddress(address)?.description else { return }
        state.withLock { state in
            guard let last = state.tenures[address]?.last, last.isOpen, !last.isTold else { return }
            Self.end(address, last.key, at: time, &state)
        }
    }

    // MARK: Tenures

    /// That of somebody who has the address now.
    private static func current(_ address: String, _ key: PeerKey, _ state: State) -> Tenure? {
        guard let last = state.tenures[address]?.last, last.isOpen, last.key == key else { return nil }
        return last
    }

    /// Changes the tenure that goes on, or begins one in its place: whoever had the address before has it no more, told or
    /// not.
    private static func put(_ tenure: Tenure, at address: String, _ state: inout State) {
        var tenures = state.tenures[address] ?? []
        // Not twice in memory, for the time of the change.
        state.tenures[address] = nil
        if let last = tenures.indices.last, tenures[last].isOpen, tenures[last].key == tenure.key {
            tenures[last] = tenure
        } else {
            var tenure = tenure
            if let last = tenures.indices.last {
                let before = tenures[last]
                tenures[last].until = min(before.until, max(tenure.from, before.from))
                tenure.from = max(tenure.from, tenures[last].until)
                if before.isOpen { state.open[before.key.kind, default: 0] -= 1 }
                if before.isOpen, before.isTold {
                    state.current[before.key]?.removeAll { $0 == address }
                    state.version += 1
                }
            }
            tenures.append(tenure)
            state.count += 1
            state.open[tenure.key.kind, default: 0] += 1
        }
        state.tenures[address] = tenures
    }

    private static func end(_ address: String, _ key: PeerKey, at time: Int64, _ state: inout State) {
        guard let last = state.tenures[address]?.indices.last, let tenure = current(address, key, state) else { return }
        state.tenures[address]?[last].until = max(time, tenure.from)
        state.open[key.kind, default: 0] -= 1
    }

    /// Forgets what has ended before a moment; if that is not enough, everything that has ended. What has not stays.
    private static func forget(before time: Int64, _ state: inout State, limit: Int) {
        for moment: Int64 in [time, Int64.max - 1] where state.count > limit && state.count > state.openCount {
            for (address, tenures) in state.tenures {
                let rest = tenures.filter { $0.until > moment }
                state.tenures[address] = rest.isEmpty ? nil : rest
            }
            state.count = state.tenures.values.reduce(0) { $0 + $1.count }
        }
    }
}
