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
    private var lastOrigin: Origin?

    /// What is left of several changes of the objects of one name. Small: there may be one for each object.
    private enum Merged {
        case one(InformerChange<Object>, Origin)
        /// The end of the object that the subscriber knew, and the one that took its place.
        indirect case replaced(deleted: Object, Origin, by: Object, Origin)
    }

    /// Where events that came together came from.
    private final class Origin: Sendable {
        let source: Event.Source
        let received: ContinuousClock.Instant

        init(of event: Event) {
            source = event.source
            received = event.received
        }

        func isSame(as event: Event) -> Bool { source == event.source && received == event.received }

        func event(_ change: InformerChange<Object>) -> Event {
            Event(change: change, source: source, raw: nil, received: received)
        }
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

    /// So many more events are about to come at once.
    mutating func reserve(_ count: Int) {
        let overflowing = overflow.isEmpty ? count - (limit - events.count) : count
        if overflowing > 0 { overflow.reserveCapacity(overflow.count + overflowing) }
    }

    /// All events; the queue is empty afterwards.
    mutating func takeAll() -> [Event] {
        var taken: [Event] = []
        swap(&taken, &events)
        if !overflow.isEmpty {
            taken.reserveCapacity(taken.count + overflow.count)
            for merged in overflow.values {
                switch merged {
                case .one(let change, let origin): taken.append(origin.event(change))
                case .replaced(let old, let end, let new, let start):
                    taken.append(end.event(.deleted(old)))
                    taken.append(start.event(.added(new)))
                }
            }
            overflow = [:]
        }
        rawBytes = 0
        lastRaw = nil
        lastOrigin = nil
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
        let origin = origin(of: event)
        guard let merged = overflow[key] else {
            overflow[key] = .one(event.change, origin)
            return
        }
        switch merged {
        case .one(.added, _):
            // If it is gone it came and went unseen.
            overflow[key] = event.change.isDeletion ? nil : .one(.added(event.change.object), origin)
            mergedEvents += event.change.isDeletion ? 2 : 1
        case .one(.modified(_, from: let known), _):
            overflow[key] = .one(
                event.change.isDeletion ? event.change : .modified(event.change.object, from: known), origin)
            mergedEvents += 1
        case .one(.deleted(let old), let end):
            overflow[key] = .replaced(deleted: old, end, by: event.change.object, origin)
        case .replaced(let old, let end, by: _, _):
            overflow[key] =
                event.change.isDeletion
                ? .one(.deleted(old), end) : .replaced(deleted: old, end, by: event.change.object, origin)
            mergedEvents += event.change.isDeletion ? 2 : 1
        }
    }

    /// The origin of an event, shared by those that came with it.
    private mutating func origin(of event: Event) -> Origin {
        if let lastOrigin, lastOrigin.isSame(as: event) { return lastOrigin }
        let origin = Origin(of: event)
        lastOrigin = origin
        return origin
    }
}

extension InformerChange {
    fileprivate var isDeletion: Bool { if case .deleted = self { true } else { false } }
}

extension InformerEvent {
    fileprivate var withoutRaw: InformerEvent {
        var event = self
        event.raw = nil
        return event
    }
}
