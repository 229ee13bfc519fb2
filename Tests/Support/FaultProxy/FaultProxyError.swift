/// Why a ``FaultProxy`` could not do what a test asked of it.
package enum FaultProxyError: Error, CustomStringConvertible {
    /// No port could be had, or the listener could not be opened (again).
    case cannotListen(port: Int, errorNumber: Int32)

    /// A condition did not come true within its time.
    case conditionNotMet(after: Duration, counters: ProxyCounters)

    /// Says what happened, with the figures that help to see why.
    package var description: String {
        switch self {
        case .cannotListen(let port, let errorNumber):
            "the fault proxy cannot listen on 127.0.0.1:\(port) (errno \(errorNumber)); is the limit on open files reached?"
        case .conditionNotMet(let duration, let counters):
            "the condition was not met within \(duration); the fault proxy has counted \(counters)"
        }
    }
}
