/// Why a watch ended and another one, or a list, had to follow. For metrics: few values, stable names.
public enum RestartReason: String, Sendable, CaseIterable {
    /// The server ended the watch after its lifetime, as it should.
    case lifetime = "lifetime"
    /// The server ended the watch at once, without an event.
    case closedEarly = "closed_early"
    /// The connection broke, or was never made.
    case connection = "connection"
    /// The peer gave no sign of life, or did not end the watch when it should.
    case silence = "silence"
    /// The version is no longer known (410).
    case expired = "expired"
    /// The version is not known yet: the server was restored from a backup, or is far behind.
    case futureVersion = "future_version"
    /// The server asks for patience (429).
    case throttled = "throttled"
    /// The server reported an error (5xx, or an error event).
    case serverError = "server_error"
    /// Not authenticated or not permitted (401, 403).
    case forbidden = "forbidden"
    /// Another refusal, for example an unknown resource (404).
    case refused = "refused"
    /// Something that is no watch event, or no list, came.
    case garbled = "garbled"
    /// A page of a list was too large; smaller pages follow.
    case pageTooLarge = "page_too_large"
    /// The stream of initial events did not come to its end.
    case initialEventsUnsupported = "initial_events_unsupported"
}
