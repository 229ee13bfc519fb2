/// Decides when a script that breaks its budget is taken out of service.
///
/// ```
///   sound ──breach──▶ struck(1) ──breach within the window──▶ … ──▶ quarantined
///     ▲                   │                                             │
///     └── window passes ──┘          next edit: a new Quarantine ◀──────┘
/// ```
/// Strikes are counted in a window and not in a row: a script whose every second call loops would otherwise never be
/// stopped.
struct Quarantine: Sendable {
    private let strikeLimit: Int
    private let window: Duration
    private var strikes: [ContinuousClock.Instant] = []
    /// Why the script is out of service; nil while it is in.
    private(set) var reason: String?

    init(budget: ScriptBudget) {
        strikeLimit = budget.strikes
        window = budget.strikeWindow
    }

    /// Notes a breach; true if it was one too many.
    mutating func note(_ breach: BudgetBreach, in place: ScriptPlace, at now: ContinuousClock.Instant) -> Bool {
        strikes.removeAll { now - $0 > window }
        strikes.append(now)
        guard reason == nil, strikes.count >= strikeLimit else { return false }
        reason = """
            \(strikes.count) calls broke a budget within \(window), the last (\(place)) was \(breach.sentence); \
            edit the script to start it again
            """
        return true
    }

    /// Takes the script out of service at once.
    mutating func impose(_ reason: String) { self.reason = reason + "; edit the script to start it again" }
}
