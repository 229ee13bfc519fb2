package import PacketCapture

/// What traffic scripts are to see.
package protocol TrafficTargets: Sendable {
    /// Another number whenever answers may differ; nil: everything is meant, and nobody need ask.
    var version: Int? { get }
    /// Whether an address was meant at a moment (nanoseconds since 1970), and how long that was so before and after it.
    func isMeant(_ address: IPAddress, at time: Int64) -> (answer: Bool, during: Range<Int64>)
}

/// Remembers what targets said of addresses. Belongs to one thread.
struct TargetFilter {
    private let targets: any TrafficTargets
    private var version: Int?
    private var known: [IPAddress: (answer: Bool, during: Range<Int64>)] = [:]

    /// Addresses of the internet come without end.
    private static let limit = 65_536

    init(_ targets: any TrafficTargets) { self.targets = targets }

    /// Looks whether answers may differ from now on; false: everything is meant.
    mutating func refresh() -> Bool {
        let latest = targets.version
        if latest != version {
            version = latest
            known.removeAll()
        }
        return version != nil
    }

    /// Whether one of both ends was meant at a moment.
    mutating func admits(_ source: IPAddress, _ destination: IPAddress, at time: Int64) -> Bool {
        isMeant(source, at: time) || isMeant(destination, at: time)
    }

    private mutating func isMeant(_ address: IPAddress, at time: Int64) -> Bool {
        if let known = known[address], known.during.contains(time) { return known.answer }
        if known.count >= Self.limit { known.removeAll() }
        let found = targets.isMeant(address, at: time)
        known[address] = found
        return found.answer
    }
}
