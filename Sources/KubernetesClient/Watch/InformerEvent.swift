/// A change of one object, as an informer's cache went through it.
public enum InformerChange<Object: WatchedObject>: Sendable {
    /// The object was not there before.
    case added(Object)
    /// The object is a newer version of one that was there.
    case modified(Object, from: Object)
    /// The object is gone; this is its last version as far as known.
    case deleted(Object)

    /// The newest version of the object.
    public var object: Object {
        switch self {
        case .added(let object), .modified(let object, from: _), .deleted(let object): object
        }
    }
}

/// A change, where it comes from, and the bytes that told of it.
public struct InformerEvent<Object: WatchedObject>: Sendable {
    /// How the informer came to know.
    public enum Source: Sendable, Equatable {
        /// The object was there when the informer, or the subscription, began.
        case initial
        /// The server told of the change as it happened.
        case watch
        /// The change happened while the informer was cut off; it was found by comparing a new list with the cache.
        case relist
    }

    /// What changed.
    public let change: InformerChange<Object>
    /// How the informer came to know.
    public let source: Source
    /// The object's JSON text. Nil where nobody asked for it, where the change was found by comparison, and where a
    /// slow subscriber's queue has passed its limit: then ask the server for the object.
    public internal(set) var raw: RawJSON?
    /// When the informer received it.
    public let received: ContinuousClock.Instant
}

/// What a subscription delivers at a time: all that has gathered since the last time.
public struct InformerBatch<Object: WatchedObject>: Sendable {
    /// The changes, in order for each object.
    public let events: [InformerEvent<Object>]
    /// With these events the subscriber knows everything that existed at the start.
    public let isSynced: Bool
}
