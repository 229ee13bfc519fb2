/// A way in which an open watch can go wrong.
public enum WatchFault: Sendable, Equatable {
    /// A line is sent as it is, valid or not.
    case line(String)
    /// A text is sent without an end of line, and the connection cut.
    case partialLine(String)
    /// The connection is cut between two lines.
    case disconnect
    /// The answer ends in good order, as at its time-out.
    case end
    /// An `ERROR` event is sent, then the answer ends.
    case error(APIStatus)
    /// Nothing more is sent, though the connection stays open.
    case silence
    /// A bookmark with this resourceVersion is sent, true or not, wanted or not.
    case bookmark(UInt64)
    /// Every further event is sent twice.
    case repeatEvents
    /// No further bookmark is sent.
    case dropBookmarks
}
