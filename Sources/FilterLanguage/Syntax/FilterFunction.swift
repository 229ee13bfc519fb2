/// The helpers that a filter can call.
enum FilterFunction: Sendable, Equatable {
    case startsWith, endsWith, contains
    case datetime, now
    /// `seconds(n)` and its like: now and n times so many milliseconds.
    case fromNow(unit: Int64)
    case limit, json, xml, redact, record
    /// Nobody knows it: the expression around it is false.
    case unknown(String)

    init(_ name: String) {
        switch name {
        case "startsWith": self = .startsWith
        case "endsWith": self = .endsWith
        case "contains": self = .contains
        case "datetime": self = .datetime
        case "now": self = .now
        case "seconds": self = .fromNow(unit: 1_000)
        case "minutes": self = .fromNow(unit: 60_000)
        case "hours": self = .fromNow(unit: 3_600_000)
        case "days": self = .fromNow(unit: 86_400_000)
        case "weeks": self = .fromNow(unit: 7 * 86_400_000)
        case "months": self = .fromNow(unit: 30 * 86_400_000)
        case "years": self = .fromNow(unit: 365 * 86_400_000)
        case "limit": self = .limit
        case "json": self = .json
        case "xml": self = .xml
        case "redact": self = .redact
        case "record": self = .record
        default: self = .unknown(name)
        }
    }
}
