internal import Fleet
internal import ScriptStore
internal import Timestamps

/// The config map's keys about how an edit goes out to the workers.
///
/// | key | for example | |
/// |---|---|---|
/// | `ROLLOUT_STAGES` | `1,10%` | how many workers try it before the rest; empty or missing: all get it at once |
/// | `ROLLOUT_PERIOD` | `30s` | how long each of them runs it without trouble |
/// | `ROLLOUT_ERRORS` | `0` | how many calls of a script may fail or be dropped on each of them in that time |
struct RolloutKeys: Sendable, Equatable {
    static let all: Set<String> = ["ROLLOUT_STAGES", "ROLLOUT_PERIOD", "ROLLOUT_ERRORS"]

    var settings = RolloutSettings()
    /// What is wrong, in sentences; the default is in force then.
    var problems: [String] = []

    init(_ keys: [String: String]) {
        func text(_ key: String) -> String? {
            keys[key].map { $0.filter { !$0.isWhitespace } }.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let text = text("ROLLOUT_STAGES") {
            let words = text.split(separator: ",").map(String.init)
            let stages = words.compactMap { RolloutSettings.Share($0) }
            if stages.count == words.count {
                settings.stages = stages
            } else {
                // Somebody wanted it to be careful.
                settings.stages = [.workers(1)]
                problems.append(
                    "ROLLOUT_STAGES: \"\(text.prefix(60))\" is no list of numbers and percentages such as 1,10%; one worker tries edits"
                )
            }
        }
        if let text = text("ROLLOUT_PERIOD") {
            if let period = GoDuration.parse(text), period > .zero, period <= .seconds(86_400) {
                settings.period = period
            } else {
                problems.append(
                    "ROLLOUT_PERIOD: \"\(text.prefix(60))\" is no duration such as 30s, up to 24h; it is 30s")
            }
        }
        if let text = text("ROLLOUT_ERRORS") {
            if let count = Int(text), count >= 0 {
                settings.allowedErrors = count
            } else {
                problems.append("ROLLOUT_ERRORS: \"\(text.prefix(60))\" is no number; it is 0")
            }
        }
    }
}
