internal import KubernetesClient
internal import PodSignals
internal import Timestamps

/// One call of `onPodEvent` that waits to be made.
struct Delivery: Sendable {
    /// Which watch told of it, and the version of what it told.
    let stream: PodStream
    let version: UInt64
    /// Counts what one version told.
    let ordinal: Int
    var notice: PodNotice
    /// The pod before it, if it was known and changed.
    var before: Pod?
    /// The pod's JSON for scripts, if it came with the news.
    var json: [UInt8]?
    let received: ContinuousClock.Instant
    /// The watch told of this version as it came; false: it was found by comparing, and another hub may have met it in an
    /// earlier version.
    var isExact = true

    /// What it holds in memory, about.
    var byteCount: Int { (json?.count ?? 0) + 512 }
}

/// Deliveries in the order in which the news came; of a stand-by those that the leader may not have made yet.
///
/// Bounded by bytes: beyond the limit deliveries lose their pod's JSON (scripts then get its outline), and beyond four
/// times as many, the oldest without a change go and are counted. What tells of a crash is never dropped.
struct DeliveryQueue: Sendable {
    private(set) var deliveries: [Delivery] = []
    private(set) var bytes = 0
    /// Deliveries without a change that were given up.
    private(set) var dropped = 0
    private let byteLimit: Int
    private let countLimit: Int

    init(byteLimit: Int = 8 << 20, countLimit: Int = 20_000) {
        self.byteLimit = byteLimit
        self.countLimit = countLimit
    }

    var isEmpty: Bool { deliveries.isEmpty }
    var count: Int { deliveries.count }

    mutating func append(_ delivery: Delivery) {
        var delivery = delivery
        if bytes + delivery.byteCount > byteLimit { delivery.json = nil }
        bytes += delivery.byteCount
        deliveries.append(delivery)
        guard deliveries.count > countLimit else { return }
        let before = deliveries.count
        let surplus = countLimit / 4
        var removed = 0
        deliveries.removeAll { delivery in
            guard removed < surplus, delivery.notice.change == nil, delivery.notice.event == .modified else {
                return false
            }
            removed += 1
            return true
        }
        dropped += before - deliveries.count
        count(bytesOf: deliveries)
    }

    /// All of them, in order; the queue is empty afterwards.
    mutating func takeAll() -> [Delivery] {
        defer {
            deliveries = []
            bytes = 0
        }
        return deliveries
    }

    /// Forgets what was delivered by another up to this position.
    mutating func prune(through position: DeliveryPosition) {
        deliveries.removeAll { $0.version != 0 && $0.version <= position[$0.stream] }
        count(bytesOf: deliveries)
    }

    private mutating func count(bytesOf deliveries: [Delivery]) {
        bytes = deliveries.reduce(0) { $0 + $1.byteCount }
    }
}

/// What is not known of deliveries made by a hub that died: whether they were made.
struct DeliveryDoubt: Sendable, Equatable {
    /// Up to here scripts of an earlier process may have seen everything: its journal says so.
    var started: DeliveryPosition?
    /// Until then another leader may have delivered: its lease says so.
    var until: Timestamp?

    func covers(_ delivery: Delivery) -> Bool {
        if let started {
            if delivery.version != 0, delivery.version <= started[delivery.stream] { return true }
            guard !delivery.isExact, let time = started.time else { return false }
            return delivery.notice.change?.occurred.map { $0 <= time } ?? false
        }
        guard let until else { return false }
        return delivery.notice.change?.occurred.map { $0 <= until } ?? false
    }
}
