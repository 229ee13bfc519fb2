/// A way in which a request can go wrong.
public enum RequestFault: Sendable, Equatable {
    /// The status is the answer; with `retryAfterSeconds` it carries a `Retry-After` header too.
    case status(APIStatus)
    /// These bytes are the answer: a proxy's page, or JSON that is none.
    case answer(status: Int, contentType: String, body: String)
    /// The request is carried out, after a while.
    case delay(Duration)
    /// No answer, not even a header, until the client gives up.
    case hang
    /// A header with status 200, then nothing until the client gives up.
    case hangAfterHeader
    /// The connection is closed without an answer.
    case disconnect
    /// The request is carried out, but only the first bytes of its answer arrive before the connection is cut.
    case truncate(afterBytes: Int)
    /// A watch that opens well and then goes wrong in these ways, in this order.
    case watch([WatchFault])
}
