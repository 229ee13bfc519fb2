internal import KubernetesClient

/// Tells the person in front of the terminal when an informer loses its server, why, and when it has it again.
struct ConnectionReporter<Object: WatchedObject>: Sendable {
    let informer: Informer<Object>
    let terminal: Terminal

    /// How often the informer's health is looked at: often enough for a person.
    private static var interval: Duration { .milliseconds(200) }

    func run() async {
        var reported: [RestartReason: Int] = [:]
        var isCut = false
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            let health = informer.health
            let news = RestartReason.allCases.filter { reason in
                // The end of a watch's lifetime is everyday life.
                reason != .lifetime && health.statistics.restarts[reason, default: 0] > reported[reason, default: 0]
            }
            reported = health.statistics.restarts
            if !news.isEmpty {
                isCut = true
                let why = news.map(\.words).joined(separator: ", ")
                say("watch interrupted (\(why))\(health.lastError.map { ": \($0)" } ?? "")", .change)
            }
            if isCut, health.phase == .watching {
                isCut = false
                say("watching again from version \(health.resourceVersion?.text ?? "?")", .good)
            }
        }
    }

    private func say(_ text: String, _ style: Terminal.Style) {
        terminal.say(terminal.styled("# " + text, style, for: .error))
    }
}

extension RestartReason {
    fileprivate var words: String { rawValue.split(separator: "_").joined(separator: " ") }
}
