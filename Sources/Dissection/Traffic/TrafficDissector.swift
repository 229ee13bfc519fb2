package import PacketCapture

/// Packets in, items out: flows and reassembly, then the dissectors of each connection.
///
/// Belongs to one thread. The clock is the packets' own; where none come, call ``advance(to:)``.
///
/// ```swift
/// var traffic = TrafficDissector(settings)
/// while let batch = try source.next() {
///     for packet in batch { traffic.process(packet) }
///     traffic.drain { items in … }
/// }
/// traffic.finish()
/// traffic.drain { items in … }
/// ```
package struct TrafficDissector: ~Copyable {
    private var tracker: FlowTracker
    private var consumer: DissectingConsumer
    private var packetNumber: UInt64 = 0

    /// Takes the memory that `limits` allow.
    package init(_ settings: DissectionSettings = .init(), limits: FlowLimits = .init()) {
        tracker = FlowTracker(limits: limits)
        consumer = DissectingConsumer(settings, capacity: tracker.capacity)
    }

    /// What became of packets and bytes.
    package var flowCounters: FlowCounters { tracker.counters }
    /// What became of messages.
    package var counters: DissectionCounters { consumer.sink.counters }

    /// Takes a packet, whose bytes need to live during the call only, and says what its headers say.
    @discardableResult
    package mutating func process(_ packet: CapturedPacket) -> PacketHeader {
        packetNumber += 1
        return tracker.process(packet, number: packetNumber, consumer: &consumer)
    }

    /// Time passes without packets: what waited for too long goes out.
    package mutating func advance(to time: Int64) {
        tracker.advance(to: time, consumer: &consumer)
        consumer.expire(at: time)
    }

    /// There are no more packets: everything that waits goes out.
    package mutating func finish() { tracker.finish(consumer: &consumer) }

    /// How many items were made since ``drain(_:)``.
    package var itemCount: Int { consumer.sink.count }

    /// Takes the items that were made since the last time, piece by piece; see ``ItemSink/drain(_:)``.
    package mutating func drain(_ body: ([Item]) -> Void) { consumer.sink.drain(body) }

    /// Takes the items that were made since the last time, in pieces of at most ``ItemSink/pieceCount``.
    package mutating func takePieces() -> [[Item]] { consumer.sink.takePieces() }

    /// Dissects new connections by other settings; those that are open go on as they began.
    package mutating func change(_ settings: DissectionSettings) { consumer.settings = settings }
}
