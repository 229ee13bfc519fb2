internal import Timestamps

/// Decides when a credential plugin is run: a state machine without a clock or a process of its own.
///
///     nothing held ──run──▶ held ──30 s before expiry, or refused──▶ run again
///          │                  ▲                                        │
///          └──failed──▶ waiting (3 s, 6 s, … 60 s) ◀───────────────────┘
///
/// Runs are at least ``shortestPause`` apart, and further and further when they do no good: a broken plugin, or a server
/// that refuses all it gives, must not start a process for each request. Meanwhile the best there is serves: credentials
/// that still hold, else the last failure.
struct PluginSession {
    /// New credentials are asked for this long before the old ones end, so that no request travels with ended ones.
    static let renewalLead: Duration = .seconds(30)
    /// The pause after a run, so that credentials which end at once do not start a run for each request.
    static let shortestPause: Duration = .seconds(3)
    /// The longest pause: a person who repaired the cause should not wait much longer for the effect.
    static let longestPause: Duration = .seconds(60)
    /// Credentials that held this long were good: a refusal after that is no sign of trouble with the plugin.
    static let provenAfter: Duration = .seconds(60)

    /// What to do for a caller.
    enum Step: Equatable {
        case use(Credentials)
        case run
        case fail(ConfigurationError)
    }

    private struct Held {
        let credentials: Credentials
        let since: Duration
        /// How long they had been held when the server refused them.
        var refusedAfter: Duration?
        var isRefused: Bool { refusedAfter != nil }
    }

    private var held: Held?
    private var failure: ConfigurationError?
    /// Runs in a row that did no good: they failed, or what they gave was refused soon.
    private var fruitlessRuns = 0
    private var noRunBefore: Duration?

    /// What to do for a caller now.
    func step(at now: HostClock.Reading) -> Step {
        if let held, !held.isRefused, !isDue(held, now.wall) { return .use(held.credentials) }
        guard let noRunBefore, now.monotonic < noRunBefore else { return .run }
        if let held, !held.isRefused, !isOver(held, now.wall) { return .use(held.credentials) }
        if let failure { return .fail(failure) }
        // Refused or over, but the newest there is: the server decides.
        return held.map { .use($0.credentials) } ?? .run
    }

    /// A run ended; ``step(at:)`` then has something better than another run.
    mutating func finished(_ result: Result<Credentials, ConfigurationError>, at now: HostClock.Reading) {
        switch result {
        case .success(let credentials):
            let wasGood = held?.refusedAfter.map { $0 >= Self.provenAfter } ?? true
            fruitlessRuns = wasGood ? 0 : fruitlessRuns + 1
            held = Held(credentials: credentials, since: now.monotonic)
            failure = nil
        case .failure(let error):
            fruitlessRuns += 1
            failure = error
        }
        noRunBefore = now.monotonic + pause
    }

    /// The server refused these; only the ones held now matter, and only once.
    mutating func refused(_ credentials: Credentials, at now: HostClock.Reading) {
        guard let held, held.credentials == credentials, !held.isRefused else { return }
        self.held?.refusedAfter = now.monotonic - held.since
    }

    private var pause: Duration {
        let doublings = min(max(fruitlessRuns - 1, 0), 10)
        return min(Self.shortestPause * (1 << doublings), Self.longestPause)
    }

    private func isDue(_ held: Held, _ now: Timestamp) -> Bool {
        held.credentials.expiresAt.map { now + Self.renewalLead >= $0 } ?? false
    }

    private func isOver(_ held: Held, _ now: Timestamp) -> Bool {
        held.credentials.expiresAt.map { now >= $0 } ?? false
    }
}
