/// What became of every message: `messages = paired + requestOnly + responseOnly + oneSided`, and what could not be read.
package struct DissectionCounters: Sendable, Equatable {
    /// Exchanges of which both halves were seen.
    package var paired = 0
    /// Requests without a response, by reason.
    package var requestOnly = InlineCounts()
    /// Responses without a request, by reason.
    package var responseOnly = InlineCounts()
    /// Messages that nobody answers: handshakes, ICMP, connections, pushes.
    package var oneSided = 0
    /// Responses that announce another one (HTTP 1xx); part of their exchange.
    package var interim = 0
    /// Places where bytes made no sense in the protocol of their connection, by the protocol's name.
    package var parseErrors: [String: Int] = [:]
    /// Connections of which no dissector knew the protocol.
    package var unknownStreams = 0
    /// Bytes that no dissector looked at, because the protocol is unknown, switched off, or lost its thread.
    package var skippedBytes = 0
    /// Items that repeat one of another stream; items as well.
    package var duplicates = 0
    /// Items that were made.
    package var items = 0

    /// Nothing yet.
    package init() {}

    /// All messages; equal to `items` when nothing is pending.
    package var messages: Int { paired + requestOnly.total + responseOnly.total + oneSided }
}

/// One number for each ``MissingReason``.
package struct InlineCounts: Sendable, Equatable {
    private var counts = [0, 0, 0, 0, 0]

    /// The number for a reason.
    package subscript(_ reason: MissingReason) -> Int {
        get { counts[reason.rawValue] }
        set { counts[reason.rawValue] = newValue }
    }

    /// All together.
    package var total: Int { counts.reduce(0, +) }
}
