internal import JSON
internal import Timestamps

/// All open watches: tells each what concerns it, and misbehaves on request. No I/O.
struct WatchHub {
    private var watches: [Int: OpenWatch] = [:]
    private var nextID = 0

    /// How many watches are open on a resource, or on all.
    func count(of resource: String?) -> Int {
        watches.values.count { resource == nil || $0.request.resource.qualified == resource }
    }

    mutating func add(_ watch: OpenWatch) -> Int {
        nextID += 1
        watches[nextID] = watch
        return nextID
    }

    mutating func remove(_ id: Int) {
        watches[id] = nil
    }

    /// Sends changes to the watches that select them.
    func publish(_ changes: [Change], now: Timestamp) {
        var encoder = WatchEncoder(now: now)
        for change in changes {
            for watch in watches.values where watch.request.resource.qualified == change.resource.qualified {
                guard !watch.isSilent, let event = watch.event(for: change) else { continue }
                let line = encoder.line(event, change.resource, watch.request.representation)
                watch.feed.push(.bytes(watch.repeatsEvents ? line + line : line))
            }
        }
    }

    /// Tells a watch how far it has come, if it wants to know and everything up to there is on its way.
    func sendBookmark(to id: Int, revision: UInt64) {
        guard let watch = watches[id], watch.request.allowsBookmarks, !watch.dropsBookmarks, !watch.isSilent,
            revision >= watch.since
        else { return }
        watch.feed.push(.bytes(WatchEncoder.bookmark(revision, watch.request.resource, watch.request.representation)))
    }

    /// Applies a fault to open watches; returns how many it hit.
    mutating func apply(_ fault: WatchFault, where isHit: (WatchRequest) -> Bool) -> Int {
        let ids = watches.filter { isHit($0.value.request) }.map(\.key)
        for id in ids { apply(fault, to: id) }
        return ids.count
    }

    mutating func apply(_ fault: WatchFault, to id: Int) {
        guard let watch = watches[id] else { return }
        switch fault {
        case .line(let text): watch.feed.push(.bytes(Array("\(text)\n".utf8)))
        case .partialLine(let text):
            watch.feed.push(.bytes(Array(text.utf8)))
            watch.feed.push(.cut)
        case .disconnect: watch.feed.push(.cut)
        case .end: watch.feed.push(.end)
        case .error(let status):
            watch.feed.push(.bytes(WatchEncoder.error(status)))
            watch.feed.push(.end)
        case .bookmark(let revision):
            let request = watch.request
            watch.feed.push(.bytes(WatchEncoder.bookmark(revision, request.resource, request.representation)))
        case .silence: watches[id]?.isSilent = true
        case .repeatEvents: watches[id]?.repeatsEvents = true
        case .dropBookmarks: watches[id]?.dropsBookmarks = true
        }
    }
}
