internal import OrderedCollections

/// The events that wait for one subscriber: bounded, however slow it is.
///
/// Up to `limit` events wait one by one. Beyond that the changes of an object are merged into what matters: its final
/// state, and, if the subscriber knew an object of that name with another uid, that this one is gone. So at most two
/// further events per object wait, and no final state is ever lost. Merged events are counted.
struct EventQueue<Object: WatchedObject>: Sendable {
    typealias Event = InformerEvent<Object>

    /// How many intermediate states a slow subscriber did not get to see.
    private(set) var mergedEvents = 0

    private let limit: Int
    private let rawByteLimit: Int
    private var events: [Event] = []
    private var overflow: OrderedDictionary<ObjectKey, Merged> = [:]
    private var rawBytes = 0
    private var lastRaw: RawJSON?

    /// What is left of several changes of the objects of one name.
    private struct Merged {
        /// The end of the object that the subscriber knew.
        var deletion: Event?
        /// What came after it, or changed about it.
        var latest: Event?
    }

    /// - Parameters:
    ///   - limit: events that may wait one by one.
    ///   - rawByteLimit: bytes of JSON text that may wait with them; 0 keeps none.
    init(limit: Int, rawByteLimit: Int) {
        self.limit = limit
        self.rawByteLimit = rawByteLimit
    }

    var isEmpty: Bool { events.isEmpty && overflow.isEmpty }
    var count: Int { events.count + overflow.count }

    mutating func append(_ event: Event) {
        if events.count < limit && overflow.isEmpty {
            events.append(withRaw(event))
        } else {
            merge(event)
        }
    }

    /// All events; the queue is empty afterwards.
    mutating func takeAll() -> [Event] {
        var taken: [Event] = []
        swap(&taken, &events)
        for merged in overflow.values { taken += [merged.deletion, merged.latest].compactMap { $0 } }
        overflow.removeAll()
        rawBytes = 0
        lastRaw = nil
        return taken
    }

    /// The event with its JSON text if that is wanted and within the limit. Events of one piece of the stream share it.
    private mutating func withRaw(_ event: Event) -> Event {
        guard let raw = event.raw else { return event }
        if let lastRaw, raw.sharesStorage(with: lastRaw) { return event }
        if rawBytes + raw.storageCount <= rawByteLimit {
            rawBytes += raw.storageCount
            lastRaw = raw
            return event
        }
        return event.withoutRaw
    }

    private mutating func merge(_ event: Event) {
        let key = event.change.object.identity.key
        let event = event.withoutRaw
        guard var merged = overflow[key] else {
            overflow[key] = if case .deleted = event.change { Merged(deletion: event) } else { Merged(latest: event) }
            return
        }
        switch (merged.latest?.change, event.change) {
        case (nil, _):
            merged.latest = event
        case (.added?, .deleted):
            // Came and went unseen.
            mergedEvents += 2
            merged.latest = nil
        case (.added?, _):
            mergedEvents += 1
            merged.latest = event.replacingChange(.added(event.change.object))
        case (_, .deleted):
            mergedEvents += 1
            merged.deletion = event
            merged.latest = nil
        case (.modified(_, from: let known)?, _):
            mergedEvents += 1
            merged.latest = event.replacingChange(.modified(event.change.object, from: known))
        case (.deleted?, _):
            merged.latest = event
        }
        overflow[key] = merged.deletion == nil && merged.latest == nil ? nil : merged
    }
}

extension InformerEvent {
    fileprivate var withoutRaw: InformerEvent {
        var event = self
        event.raw = nil
        return event
    }

    fileprivate func replacingChange(_ change: InformerChange<Object>) -> InformerEvent {
        InformerEvent(change: change, source: source, raw: nil, received: received)
    }
}
