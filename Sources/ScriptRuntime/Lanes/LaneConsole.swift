internal import Threading

/// One script's console: cuts what is too long and holds back what is too much.
final class LaneConsole: Sendable {
    private struct State {
        var identity: ScriptIdentity
        var rate: RateLimit
        var nextNotice = ContinuousClock.now

        /// How many messages to report as held back now.
        mutating func takeHeldBack(at now: ContinuousClock.Instant) -> Int {
            guard now >= nextNotice else { return 0 }
            let count = rate.takeHeldBack()
            if count > 0 { nextNotice = now + LaneConsole.noticeInterval }
            return count
        }
    }

    /// A script that floods its console gets one notice a second, not one for each message that passes.
    static let noticeInterval: Duration = .seconds(1)

    private let budget: ScriptBudget
    private let sink: any ScriptEventSink
    private let state: Locked<State>

    init(_ identity: ScriptIdentity, budget: ScriptBudget, sink: any ScriptEventSink) {
        self.budget = budget
        self.sink = sink
        state = Locked(
            State(
                identity: identity,
                rate: RateLimit(rate: budget.consoleRate, burst: budget.consoleBurst, now: .now)))
    }

    func rename(_ identity: ScriptIdentity) { state.withLock { $0.identity = identity } }

    /// Prints a message; false if it was held back, which what the engine must say never is.
    @discardableResult
    func print(_ level: ConsoleLevel, _ text: String, isUrgent: Bool = false) -> Bool {
        let (identity, isAdmitted, heldBack) = state.withLock { state in
            let now = ContinuousClock.now
            let isAdmitted = isUrgent || state.rate.admit(at: now)
            return (state.identity, isAdmitted, isAdmitted ? state.takeHeldBack(at: now) : 0)
        }
        guard isAdmitted else { return false }
        if heldBack > 0 { emit(identity, .error, notice(heldBack)) }
        emit(identity, level, cut(text))
        return true
    }

    /// Says what was held back, when the script is at rest.
    func reportHeldBack() {
        let (identity, heldBack) = state.withLock { ($0.identity, $0.takeHeldBack(at: .now)) }
        if heldBack > 0 { emit(identity, .error, notice(heldBack)) }
    }

    private func emit(_ identity: ScriptIdentity, _ level: ConsoleLevel, _ text: String) {
        sink.receive(.console(ConsoleLine(script: identity, level: level, text: text)))
    }

    private func notice(_ count: Int) -> String {
        "\(count) console messages dropped: more than \(budget.consoleRate) a second (consoleRate)"
    }

    private func cut(_ text: String) -> String {
        let bytes = text.utf8
        guard bytes.count > budget.consoleMessage else { return text }
        var end = bytes.index(bytes.startIndex, offsetBy: budget.consoleMessage)
        // Back to the beginning of a character.
        while end > bytes.startIndex, bytes[end] & 0xc0 == 0x80 { end = bytes.index(before: end) }
        let rest = bytes.count - bytes.distance(from: bytes.startIndex, to: end)
        return String(text[..<end]) + "… (\(rest) more bytes)"
    }
}
