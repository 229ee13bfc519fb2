/// Decides what a reflector does next: a state machine without I/O, clock or threads.
///
/// ```
///            ┌────────────────────────── expired, future version ─────────────────────────┐
///            ▼                                                                             │
/// idle ──▶ listing ──last page──▶ opening ──head──▶ watching ──end──▶ (opening | waiting | verifying)
///            │  ▲                   │  ▲               │
///          failure                refusal            silence: probe, abandon
///            ▼  │                   ▼  │
///           waiting ◀──────────────────┘
/// ```
/// Whoever drives it (``Reflector``) carries out the returned ``Action``s and reports what came of them. Times are
/// durations since any fixed moment.
struct ReflectorStateMachine: Sendable {
    private(set) var state = State.idle
    private(set) var statistics = ReflectorStatistics()
    /// The version after which a watch goes on; nil until the first list is complete.
    private(set) var version: ResourceVersion?

    private let settings: ReflectorSettings
    private var backoff: Backoff
    private var random: SplitMix64
    private var pageSize: Int?
    /// Whether connections carry several exchanges, as far as known.
    private var isShared = false
    /// Whether this server sends bookmarks. Until it is known it is expected to: then it costs one question to learn
    /// that it does not, and a version from the future is noticed from the start.
    private var sendsBookmarks: Bool?
    private var canStreamInitialEvents: Bool
    /// Something failed since the last healthy watch: others will have met the same.
    private var isAfterOutage = false
    /// Without a healthy watch in between.
    private var expirationsInRow = 0
    private var garbledInRow = 0
    private var silencesInRow = 0
    private var earlyEndsInRow = 0
    /// The version to begin with, until it was tried.
    private var startVersion: ResourceVersion?
    /// When the server last said which version it is at.
    private var lastVersionNews: Duration = .zero

    init(settings: ReflectorSettings, seed: UInt64) {
        self.settings = settings
        backoff = Backoff(seed: seed)
        random = SplitMix64(seed: ~seed)
        pageSize = settings.pageSize
        startVersion = settings.startVersion
        canStreamInitialEvents = settings.initialSync == .stream
    }

    /// Begins.
    mutating func start(now: Duration) -> Action {
        lastVersionNews = now
        return synchronize()
    }

    /// The time of a `wait` has passed.
    mutating func waited(now: Duration) -> Action {
        guard case .waiting(let step) = state else { preconditionFailure("waited while \(state)") }
        switch step {
        case .list: return synchronize()
        case .page(let request): return list(Listing(request: request))
        case .watch: return openWatch()
        }
    }
}

// MARK: - Listing

extension ReflectorStateMachine {
    /// Reads the whole collection anew, in the way that this server understands.
    private mutating func synchronize() -> Action {
        if let startVersion {
            return list(Listing(request: ListPageRequest(limit: pageSize, exactly: startVersion)))
        }
        if canStreamInitialEvents {
            return open(WatchRequest(start: .initialEvents, lifetime: lifetime()))
        }
        // Without a version: the server's newest state. "Any version" could be older than what was seen already.
        return list(Listing(request: ListPageRequest(limit: pageSize)))
    }

    private mutating func list(_ listing: Listing) -> Action {
        if listing.request.continueToken == nil { statistics.lists += 1 }
        state = .listing(listing)
        return .list(listing.request)
    }

    /// A page arrived. Returns nil in `next` if it was the last one: then the collection is complete as of `version`.
    mutating func listed(
        version: ResourceVersion?, continueToken: String?, isShared: Bool, now: Duration
    ) -> (isComplete: Bool, next: Action) {
        guard case .listing(var listing) = state else { preconditionFailure("listed while \(state)") }
        self.isShared = isShared
        if let continueToken {
            listing.request.continueToken = continueToken
            return (false, list(listing))
        }
        guard let version else {
            return (false, retry(.list, because: .garbled))
        }
        self.version = version
        startVersion = nil
        lastVersionNews = now
        return (true, openWatch())
    }

    /// A page could not be had.
    mutating func listFailed(_ failure: Failure, now: Duration) -> Action {
        guard case .listing(var listing) = state else { preconditionFailure("listFailed while \(state)") }
        switch failure {
        case .status(let status, _)
        where startVersion != nil && (status.isExpired || status.isFromTheFuture || status.code == 400):
            // The version to begin with is forgotten, or of another cluster: begin with the present.
            startVersion = nil
            statistics.count(status.isFromTheFuture ? .futureVersion : .expired)
            return synchronize()
        case .tooLarge:
            statistics.count(.pageTooLarge)
            guard let size = pageSize ?? Optional(settings.pageSize), size > 1 else {
                return retry(.list, because: nil)
            }
            pageSize = size / 2
            return list(Listing(request: ListPageRequest(limit: pageSize), expirations: listing.expirations))
        case .status(let status, _) where status.isExpired && listing.request.continueToken != nil:
            // The pages read so far and those to come would be of different moments: begin again. The second time
            // without pages: this collection changes faster than we can turn them.
            listing.expirations += 1
            statistics.count(.expired)
            isAfterOutage = true
            let limit = listing.expirations >= 2 ? nil : pageSize
            return list(Listing(request: ListPageRequest(limit: limit), expirations: listing.expirations))
        case .status(let status, let retryAfter) where status.isExpired || status.isFromTheFuture:
            statistics.count(status.isExpired ? .expired : .futureVersion)
            return wait(max(backoff.next(), retryAfter ?? .zero), then: .list)
        default:
            // A page that follows others is asked for again: its token may still be good.
            return retry(listing.request.continueToken == nil ? .list : .page(listing.request), after: failure)
        }
    }
}

// MARK: - Opening a watch

extension ReflectorStateMachine {
    private mutating func openWatch(wantsNewConnection: Bool = false) -> Action {
        guard let version else { return synchronize() }
        return open(
            WatchRequest(start: .after(version), lifetime: lifetime(), wantsNewConnection: wantsNewConnection))
    }

    private mutating func open(_ request: WatchRequest) -> Action {
        statistics.watches += 1
        state = .opening(request)
        return .watch(request)
    }

    private mutating func lifetime() -> Duration {
        let range = isShared ? settings.watchLifetime : settings.unsharedWatchLifetime
        let fraction = Double.random(in: 0...1, using: &random)
        return range.lowerBound + (range.upperBound - range.lowerBound) * fraction
    }

    /// The server accepted the watch.
    mutating func watchOpened(isShared: Bool, now: Duration) {
        guard case .opening(let request) = state else { preconditionFailure("watchOpened while \(state)") }
        self.isShared = isShared
        // Nothing was to be expected while there was no watch.
        if isAfterOutage { lastVersionNews = now }
        state = .watching(
            Watching(request: request, opened: now, lastSign: now, isInitial: request.start == .initialEvents))
    }

    /// The server did not accept the watch, or could not be reached.
    mutating func watchRefused(_ failure: Failure, now: Duration) -> Action {
        guard case .opening(let request) = state else { preconditionFailure("watchRefused while \(state)") }
        if case .status(let status, let retryAfter) = failure {
            if status.isExpired { return expired() }
            if status.isFromTheFuture {
                statistics.count(.futureVersion)
                return wait(max(backoff.next(), retryAfter ?? .zero), then: .list)
            }
            if request.start == .initialEvents, status.code == 400 || status.code == 422 {
                canStreamInitialEvents = false
                statistics.count(.initialEventsUnsupported)
                return synchronize()
            }
        }
        return retry(request.start == .initialEvents ? .list : .watch, after: failure)
    }
}

// MARK: - Watching

extension ReflectorStateMachine {
    /// Bytes came, complete lines or not.
    mutating func receivedBytes(now: Duration) {
        guard case .watching(var watching) = state else { return }
        watching.lastSign = now
        state = .watching(watching)
    }

    /// A complete line came.
    mutating func received(_ line: Line, now: Duration) -> Reaction {
        guard case .watching(var watching) = state else { preconditionFailure("received while \(state)") }
        guard watching.verdict == nil else { return .end }
        defer { state = .watching(watching) }
        switch line {
        case .change(let text):
            guard let version = ResourceVersion(text) else { return end(&watching, .garbled) }
            progressed(&watching, now)
            // Initial events come in any order: their versions are no place to go on from.
            if watching.isInitial { return .gather }
            self.version = version
            return .apply
        case .bookmark(let text, let isInitialEventsEnd):
            guard let version = ResourceVersion(text) else { return end(&watching, .garbled) }
            sendsBookmarks = true
            if watching.isInitial {
                guard isInitialEventsEnd else { return .ignore }
                watching.isInitial = false
                self.version = version
                progressed(&watching, now)
                return .replace
            }
            if let known = self.version, version.isOlder(than: known) { return end(&watching, .bookmarkWentBack) }
            self.version = version
            progressed(&watching, now)
            return .ignore
        case .error(let status): return end(&watching, status.isExpired ? .expired : .error(status))
        case .unknown:
            statistics.unknownEvents += 1
            return .ignore
        case .garbled: return end(&watching, .garbled)
        }
    }

    private func end(_ watching: inout Watching, _ verdict: Verdict) -> Reaction {
        watching.verdict = verdict
        return .end
    }

    private mutating func progressed(_ watching: inout Watching, _ now: Duration) {
        lastVersionNews = now
        guard !watching.hasProgressed else { return }
        watching.hasProgressed = true
        recovered()
    }

    private mutating func recovered() {
        backoff.reset()
        isAfterOutage = false
        expirationsInRow = 0
        garbledInRow = 0
        silencesInRow = 0
        earlyEndsInRow = 0
    }

    /// When `timerFired` is to be called, if nothing else happens before.
    func nextTimer() -> Duration? {
        guard case .watching(let watching) = state, watching.verdict == nil else { return nil }
        var timer = watching.opened + watching.request.lifetime + settings.overdueAfter
        if isShared, !watching.isProbing { timer = min(timer, watching.lastSign + settings.probeAfter) }
        return min(
            timer,
            watching.isInitial
                ? watching.lastSign + settings.initialEventsPatience : lastVersionNews + versionNewsPatience)
    }

    private var versionNewsPatience: Duration {
        sendsBookmarks == false ? settings.bookmarkPatienceWithoutBookmarks : settings.bookmarkPatience
    }

    /// Time has passed, perhaps not enough for anything.
    mutating func timerFired(now: Duration) -> TimerAction {
        guard case .watching(var watching) = state, watching.verdict == nil else { return .none }
        defer { state = .watching(watching) }
        if watching.isInitial, now >= watching.lastSign + settings.initialEventsPatience {
            watching.verdict = .initialEventsUnsupported
            return .abandon(sever: false)
        }
        if now >= watching.opened + watching.request.lifetime + settings.overdueAfter {
            watching.verdict = .silent
            return .abandon(sever: true)
        }
        if !watching.isInitial, now >= lastVersionNews + versionNewsPatience {
            watching.verdict = .noVersionNews
            return .abandon(sever: false)
        }
        if isShared, !watching.isProbing, now >= watching.lastSign + settings.probeAfter {
            watching.isProbing = true
            return .probe
        }
        return .none
    }

    /// The peer answered a probe, over the watch's connection or, for lack of it, over another one.
    mutating func probeAnswered(overSameConnection isSame: Bool, now: Duration) -> TimerAction {
        guard case .watching(var watching) = state, watching.verdict == nil else { return .none }
        defer { state = .watching(watching) }
        watching.isProbing = false
        if isSame || watching.lastSign + settings.probeAfter > now {
            watching.lastSign = now
            return .none
        }
        // The server lives, but that says nothing about this connection.
        watching.verdict = .unprobeable
        return .abandon(sever: true)
    }

    /// The peer gave no sign of life.
    mutating func probeFailed(now: Duration) -> TimerAction {
        guard case .watching(var watching) = state, watching.verdict == nil else { return .none }
        defer { state = .watching(watching) }
        watching.isProbing = false
        // Something came after all while the probe was under way.
        guard now >= watching.lastSign + settings.probeLimit else { return .none }
        watching.verdict = .silent
        return .abandon(sever: true)
    }

    /// The watch is over: `didBreak` tells a broken connection from an orderly end.
    mutating func watchEnded(didBreak: Bool, now: Duration) -> Action {
        guard case .watching(let watching) = state else { preconditionFailure("watchEnded while \(state)") }
        let resumption: Step = watching.isInitial ? .list : .watch
        switch watching.verdict {
        case .expired: return expired()
        case .error(let status):
            return retry(
                resumption, after: .status(status, retryAfter: status.retryAfterSeconds.map { .seconds($0) }))
        case .garbled:
            garbledInRow += 1
            // The same line comes again from the same version; after the third time the list has to do.
            return retry(garbledInRow >= 3 ? .list : resumption, because: .garbled)
        case .silent, .unprobeable:
            statistics.count(.silence)
            silencesInRow += 1
            if silencesInRow > 1 { return wait(backoff.next(), then: resumption) }
            return watching.isInitial ? synchronize() : openWatch(wantsNewConnection: true)
        case .noVersionNews: return verify()
        case .bookmarkWentBack:
            statistics.count(.futureVersion)
            return relist()
        case .initialEventsUnsupported:
            canStreamInitialEvents = false
            statistics.count(.initialEventsUnsupported)
            return synchronize()
        case nil: break
        }
        if didBreak { return retry(resumption, because: .connection) }
        let lived = now - watching.opened
        guard watching.hasProgressed || lived >= settings.healthyAfter else {
            statistics.count(.closedEarly)
            earlyEndsInRow += 1
            // Perhaps it does not like the version. Asking costs no more than the next try.
            if earlyEndsInRow % 3 == 0, !watching.isInitial { return verify() }
            return wait(backoff.next(), then: resumption)
        }
        statistics.count(.lifetime)
        if watching.isInitial { return synchronize() }
        recovered()
        // A server that sends bookmarks sends one before it ends a watch. One that did not is perhaps waiting for a
        // version that it will never reach.
        if !watching.hasProgressed, sendsBookmarks != false, lived >= settings.unsharedWatchLifetime.lowerBound {
            return verify()
        }
        return openWatch()
    }
}

// MARK: - Verifying

extension ReflectorStateMachine {
    private mutating func verify() -> Action {
        guard let version else { return synchronize() }
        statistics.verifications += 1
        state = .verifying(version)
        return .verify(version)
    }

    /// The server knows the version.
    mutating func verified(now: Duration) -> Action {
        lastVersionNews = now
        if sendsBookmarks == nil { sendsBookmarks = false }
        return openWatch()
    }

    /// The server does not know the version, or did not answer.
    mutating func verificationFailed(_ failure: Failure, now: Duration) -> Action {
        if case .status(let status, _) = failure {
            if status.isFromTheFuture {
                statistics.count(.futureVersion)
                return relist()
            }
            if status.isExpired { return expired() }
        }
        // Asked again only after the usual patience: the watch may well work.
        lastVersionNews = now
        return retry(.watch, after: failure)
    }
}

// MARK: - Trying again

extension ReflectorStateMachine {
    private mutating func wait(_ duration: Duration, then step: Step) -> Action {
        isAfterOutage = true
        state = .waiting(then: step)
        return .wait(duration)
    }

    private mutating func expired() -> Action {
        statistics.count(.expired)
        return relist()
    }

    /// Lists anew: the first time at once, or after an outage within `relistSpread`; if that did not help, ever later.
    private mutating func relist() -> Action {
        expirationsInRow += 1
        version = nil
        if expirationsInRow > 1 {
            // Each round costs a list and a watch.
            return wait(backoff.next(factor: 2), then: .list)
        }
        return isAfterOutage ? wait(backoff.spread(over: settings.relistSpread), then: .list) : synchronize()
    }

    private mutating func retry(_ step: Step, because reason: RestartReason?) -> Action {
        if let reason { statistics.count(reason) }
        return wait(backoff.next(), then: step)
    }

    private mutating func retry(_ step: Step, after failure: Failure) -> Action {
        guard case .status(let status, let retryAfter) = failure else {
            return retry(step, because: failure == .connection ? .connection : .garbled)
        }
        var limit = Double.infinity
        switch status.code {
        case 401, 403:
            statistics.count(.forbidden)
            limit = Backoff.longestWhenForbidden
        case 429: statistics.count(.throttled)
        case 400..<500: statistics.count(.refused)
        default: statistics.count(.serverError)
        }
        return wait(max(backoff.next(atMost: limit), retryAfter ?? .zero), then: step)
    }
}
