internal import KubernetesClient

/// One of the conditions of `/readyz`, in the words of the API server's own page.
struct ReadinessCheck: Sendable, Equatable {
    let name: String
    /// What is wrong; nil: nothing.
    let problem: String?

    init(_ name: String, _ problem: String?) {
        self.name = name
        self.problem = problem
    }

    /// Whether a watch is complete and in touch.
    init(watch name: String, _ health: InformerHealth, isRequired: Bool = true) {
        self.name = "watch-\(name)"
        if !health.isSynced {
            problem = isRequired ? health.lastError ?? "the first list is not complete yet" : nil
        } else if !health.isReady {
            problem = "no sign of life for \(health.staleness?.components.seconds ?? 0) s: \(health.lastError ?? "")"
        } else {
            // A watch that is refused now, though its cache is young: people should know at once.
            problem = health.lastError
        }
    }

    static func page(_ checks: [ReadinessCheck], verbose: Bool) -> (isReady: Bool, text: String) {
        let isReady = checks.allSatisfy { $0.problem == nil }
        if isReady && !verbose { return (true, "ok\n") }
        let lines = checks.map {
            "[\($0.problem == nil ? "+" : "-")]\($0.name) \($0.problem.map { "failed: \($0)" } ?? "ok")"
        }
        return (
            isReady, lines.joined(separator: "\n") + "\n\(isReady ? "readyz check passed" : "readyz check failed")\n"
        )
    }
}
