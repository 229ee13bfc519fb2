/// What a ``FaultProxy`` does with the requests that match.
struct HTTPRule {
    let matches: @Sendable (ProxiedRequest) -> Bool
    let plan: HTTPExchangeFilter.Plan
    /// How often it may still be used; nil: without end.
    private var usesLeft: Int?

    init(
        plan: HTTPExchangeFilter.Plan, uses: Int? = nil, matches: @escaping @Sendable (ProxiedRequest) -> Bool
    ) {
        self.matches = matches
        self.plan = plan
        usesLeft = uses
    }

    /// The plan for a request, if the rule is about it and not used up.
    mutating func use(for request: ProxiedRequest) -> HTTPExchangeFilter.Plan? {
        guard usesLeft != 0, matches(request) else { return nil }
        usesLeft = usesLeft.map { $0 - 1 }
        return plan
    }
}
