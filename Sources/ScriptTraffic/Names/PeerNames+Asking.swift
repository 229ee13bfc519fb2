package import Dissection
package import JSON
package import PacketCapture

/// What others want to know.
extension PeerNames {
    /// How many names there are.
    package struct Counts: Sendable, Equatable {
        /// Addresses that have a name now, by whose it is.
        package var current: [PeerRecord.Kind: Int] = [:]
        /// Names that addresses had before.
        package var ended = 0
        /// Addresses of the cluster's list for which there was no room, each time that they came.
        package var refused = 0

        package init(current: [PeerRecord.Kind: Int] = [:], ended: Int = 0, refused: Int = 0) {
            self.current = current.filter { $0.value > 0 }
            self.ended = ended
            self.refused = refused
        }
    }

    /// How many there are now.
    package var counts: Counts {
        state.withLock { state in
            Counts(current: state.open, ended: state.count - state.openCount, refused: state.refused)
        }
    }

    package func peer(address: String, port: UInt16, at time: Int64) -> ResolvedPeer? {
        state.withLock { state in
            guard let place = state.tenures[address]?.lastIndex(where: { $0.contains(time) }),
                let tenure = state.tenures[address]?[place]
            else { return nil }
            if let known = tenure.peer { return known.peer }
            // Those whom we talk to are asked for again and again.
            let built = tenure.build()
            state.tenures[address]?[place].peer = built
            return built.peer
        }
    }

    /// Another number whenever a told pod got an address or lost one.
    package var version: Int { state.withLock { $0.version } }

    /// The told pod that had an address at a moment, or nil, and how long it was so.
    package func tenure(of address: String, at time: Int64) -> (peer: ResolvedPeer?, during: Range<Int64>) {
        state.withLock { state in
            let tenures = state.tenures[address] ?? []
            if let tenure = tenures.last(where: { $0.contains(time) }) {
                return (tenure.isTold ? tenure.peer?.peer : nil, tenure.from..<tenure.until)
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
                    tenure.from <= window.upperBound && tenure.until > window.lowerBound && tenure.key.kind == .pod
                        && (name == nil || tenure.key.name == name)
                        && (namespace == nil || tenure.key.namespace == namespace)
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
                if let address = IPAddress(text), let key = tenures.last?.key { names[address] = key.full }
            }
            return names
        }
    }

    /// The latest names of so many addresses: first of pods of which events tell, then of those whom traffic was seen of.
    package func latest(_ limit: Int) -> [IPAddress: String] {
        state.withLock { state in
            var names: [IPAddress: String] = [:]
            let isKnown: [(Tenure) -> Bool] = [{ $0.isTold }, { !$0.isTold && $0.peer != nil }, { $0.peer == nil }]
            for isMeant in isKnown {
                for (text, tenures) in state.tenures where names.count < limit {
                    guard let tenure = tenures.last, isMeant(tenure), let address = IPAddress(text) else { continue }
                    names[address] = tenure.key.full
                }
            }
            return names
        }
    }

    /// Moments that ``history()`` tells of at most, and addresses in all of them together.
    private static let historyLimit = 10_000
    private static let historyEntries = 100_000

    /// What `pcap.nameResolutionHistory()` gives: for each second in which a name changed, all names from then on, as
    /// `{"<second>": {"<address>": {FullAddress, Namespace}}}`. Of a long history the latest moments.
    package func history() -> JSONValue {
        let all = state.withLock { $0.tenures }
        var moments: Set<Int64> = []
        for tenures in all.values {
            for tenure in tenures {
                moments.insert(Self.second(tenure.from))
                if !tenure.isOpen { moments.insert(Self.second(tenure.until)) }
            }
        }
        let most = min(Self.historyLimit, max(1, Self.historyEntries / max(1, all.count)))
        let ordered = all.sorted { $0.key < $1.key }
        var history: JSONValue = [:]
        for second in moments.sorted().suffix(most) {
            var names: JSONValue = [:]
            for (address, tenures) in ordered {
                // As at the end of that second: a change within it counts.
                let tenure = tenures.last { Self.second($0.from) <= second && second < Self.second($0.until) }
                guard let key = tenure?.key else { continue }
                names[address] = ["FullAddress": .string(key.full), "Namespace": .string(key.namespace)]
            }
            history[String(second)] = names
        }
        return history
    }

    private static func second(_ nanoseconds: Int64) -> Int64 {
        nanoseconds == .max ? .max : nanoseconds / 1_000_000_000
    }
}

extension PeerKey {
    fileprivate var full: String { namespace.isEmpty ? name : "\(name).\(namespace)" }
}
