/// What a client asks of a watch.
struct WatchRequest: Sendable {
    enum Start: Sendable, Equatable {
        /// All objects as additions, then changes.
        case mostRecent
        /// Changes after a revision.
        case after(UInt64)
        /// All objects as additions, a bookmark that says they are complete, then changes.
        case streamingList(notOlderThan: UInt64)
    }

    let resource: Resource
    let selection: Selection
    let representation: Representation
    let start: Start
    let allowsBookmarks: Bool
    let timeout: Duration
}
