/// The machine's words: what it is told, what it answers, and where it can be.
extension ReflectorStateMachine {
    /// What to do next.
    enum Action: Sendable, Equatable {
        /// Let this time pass, then call `waited`.
        case wait(Duration)
        /// Read a page of the list, then call `listed` or `listFailed`. With the first page a new collection begins:
        /// what was gathered before is void.
        case list(ListPageRequest)
        /// Open a watch, then call `watchOpened` or `watchRefused`.
        case watch(WatchRequest)
        /// Ask whether the server knows this version, then call `verified` or `verificationFailed`.
        case verify(ResourceVersion)
    }

    /// What became of a request that brought no success.
    enum Failure: Sendable, Equatable {
        indirect case status(APIStatus, retryAfter: Duration?)
        case connection
        case garbled
        case tooLarge
    }

    /// What to do with a line of a watch.
    enum Reaction: Sendable, Equatable {
        /// Apply the change to the store.
        case apply
        /// The line says nothing about objects, or nothing that can be used.
        case ignore
        /// Gather the object: it belongs to the initial events.
        case gather
        /// The initial events are complete: what was gathered replaces the store's content.
        case replace
        /// Read no further and call `watchEnded`.
        case end
    }

    /// What a timer asks for.
    enum TimerAction: Sendable, Equatable {
        /// Nothing for now.
        case none
        /// Ask the peer for a sign of life over the watch's connection, then call `probeAnswered` or `probeFailed`.
        case probe
        /// The watch is lost: stop reading, and break its connection if `sever`; then call `watchEnded`.
        case abandon(sever: Bool)
    }

    /// A line of a watch, as far as the machine is concerned.
    enum Line: Sendable, Equatable {
        case change(version: String)
        case bookmark(version: String, isInitialEventsEnd: Bool)
        indirect case error(APIStatus)
        case unknown
        case garbled
    }

    // MARK: States

    enum State: Sendable, Equatable {
        case idle
        case waiting(then: Step)
        case listing(Listing)
        case opening(WatchRequest)
        case watching(Watching)
        case verifying(ResourceVersion)
    }

    enum Step: Sendable, Equatable {
        case list
        case page(ListPageRequest)
        case watch
    }

    struct Listing: Sendable, Equatable {
        var request: ListPageRequest
        /// How often a continue token expired.
        var expirations = 0
    }

    struct Watching: Sendable, Equatable {
        let request: WatchRequest
        let opened: Duration
        /// When the last byte came, or the last sign of life by a probe.
        var lastSign: Duration
        var isProbing = false
        /// An event or a bookmark came.
        var hasProgressed = false
        /// The stream still brings what existed before.
        var isInitial: Bool
        /// Why it ends, if it was not the server or the connection that ended it.
        var verdict: Verdict?
    }

    enum Verdict: Sendable, Equatable {
        case expired
        indirect case error(APIStatus)
        case garbled
        case silent
        case unprobeable
        case noVersionNews
        case bookmarkWentBack
        case initialEventsUnsupported
    }
}
