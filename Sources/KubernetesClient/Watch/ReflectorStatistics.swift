/// What a reflector has done so far.
public struct ReflectorStatistics: Sendable, Equatable {
    /// Lists begun, whatever their number of pages.
    public internal(set) var lists = 0
    /// Watches asked for.
    public internal(set) var watches = 0
    /// Questions whether the server knows a version.
    public internal(set) var verifications = 0
    /// Why watches ended and lists had to be repeated.
    public internal(set) var restarts: [RestartReason: Int] = [:]
    /// The newest of them.
    public internal(set) var lastRestart: RestartReason?
    /// Watch events of a type that is not known.
    public internal(set) var unknownEvents = 0

    mutating func count(_ reason: RestartReason) {
        restarts[reason, default: 0] += 1
        lastRestart = reason
    }
}
