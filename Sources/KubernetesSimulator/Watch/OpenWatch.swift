/// One watch that a client has open.
struct OpenWatch: Sendable {
    let request: WatchRequest
    let feed: WatchFeed
    /// Changes up to here are not for this watch: the client knows them, or asked not to hear of them.
    let since: UInt64
    /// Nothing more is sent, though the connection stays: a dead load balancer on the way.
    var isSilent = false
    var repeatsEvents = false
    var dropsBookmarks = false

    /// What a change looks like through the watch's selectors; nil if it is none of its business.
    ///
    /// An object that enters the selection is an addition, one that leaves it a deletion.
    func event(for change: Change) -> WatchEvent? {
        guard change.revision > since else { return nil }
        return request.selection.event(for: change)
    }
}

extension Selection {
    func event(for change: Change) -> WatchEvent? {
        let isIn = change.kind != .deleted && matches(change.object)
        let wasIn = change.previous.map(matches) ?? false
        switch (wasIn, isIn) {
        case (false, true): return WatchEvent(kind: .added, object: change.object, revision: change.revision)
        case (true, true): return WatchEvent(kind: .modified, object: change.object, revision: change.revision)
        case (true, false):
            // An object that merely left the selection is shown as it was when it was last in it.
            let last = change.kind == .deleted ? change.object : change.previous ?? change.object
            return WatchEvent(kind: .deleted, object: last, revision: change.revision)
        case (false, false): return nil
        }
    }
}

/// One line of a watch, before it is encoded.
struct WatchEvent: Sendable {
    let kind: Change.Kind
    let object: StoredObject
    /// The resourceVersion that the client is to see; newer than the object's own if it left the selection.
    let revision: UInt64
}
