internal import Timestamps

/// How long ago something was, in the short form of `kubectl get`: `45s`, `3m12s`, `5h`, `2d4h`.
enum Age {
    static func text(since timestamp: String?, now: Timestamp) -> String {
        guard let timestamp, let then = Timestamp(timestamp) else { return "<unknown>" }
        return text(seconds: (now - then).components.seconds)
    }

    /// Two units while the smaller one still says something, then one.
    static func text(seconds: Int64) -> String {
        let minutes = seconds / 60
        let hours = minutes / 60
        let days = hours / 24
        let years = days / 365
        switch seconds {
        // Clocks differ by a second now and then; more than that is worth showing.
        case ..<(-1): return "<invalid>"
        case ..<0: return "0s"
        case ..<120: return "\(seconds)s"
        case ..<600: return pair(minutes, "m", seconds % 60, "s")
        case ..<10_800: return "\(minutes)m"
        case ..<28_800: return pair(hours, "h", minutes % 60, "m")
        case ..<172_800: return "\(hours)h"
        case ..<691_200: return pair(days, "d", hours % 24, "h")
        case ..<63_072_000: return "\(days)d"
        case ..<252_288_000: return pair(years, "y", days % 365, "d")
        default: return "\(years)y"
        }
    }

    private static func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
}
