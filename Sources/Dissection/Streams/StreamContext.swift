/// What the dissectors of one connection share: who speaks, and how many items there were.
package final class StreamContext {
    // One thread uses both, and calls nothing while it reads or changes them.
    @exclusivity(unchecked) package internal(set) var connection: ConnectionIdentity
    @exclusivity(unchecked) private var nextIndex = 0

    /// The context of a new connection.
    package init(_ connection: ConnectionIdentity) { self.connection = connection }

    /// Sends an exchange of which both halves are there out, or one that has one half only by nature.
    func add(
        _ payload: consuming ItemPayload, at time: Int64, elapsed: Int64 = 0, requestSize: Int = 0,
        responseSize: Int = 0, error: ItemError? = nil, isReversed: Bool = false, to sink: ItemSink
    ) {
        let index = nextIndex
        nextIndex += 1
        sink.add(
            Item(
                connection: isReversed ? connection.flipped : connection, index: index, time: time,
                elapsed: max(0, elapsed), requestSize: requestSize, responseSize: responseSize, error: error,
                payload: payload))
    }
}
