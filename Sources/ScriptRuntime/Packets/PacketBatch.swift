/// Up to 256 packets on their way from capture to the hooks, as numbers in one array.
///
/// A batch costs one hand-over however many packets it holds; one by one, the hand-over alone would cost more than the
/// hook. Copies share their memory, so that each lane gets the batch for the price of a pointer.
public struct PacketBatch: Sendable, Equatable {
    /// At this many packets a hand-over is below a hundredth of the hook's cost, and the array (10 KB) stays in the
    /// fastest cache.
    public static let capacity = 256
    /// Numbers per packet: seconds, nanoseconds, captured bytes, bytes, flags.
    static let columns = 5

    /// The packets, row after row.
    private(set) var numbers: [Double] = []

    /// Makes an empty batch with room for all its packets.
    public init() { numbers.reserveCapacity(Self.capacity * Self.columns) }

    /// The number of packets.
    public var count: Int { numbers.count / Self.columns }
    /// Whether the batch holds no packet.
    public var isEmpty: Bool { numbers.isEmpty }
    /// Whether the batch takes no more.
    public var isFull: Bool { count >= Self.capacity }

    /// Adds a packet; does nothing if the batch is full.
    ///
    /// - Parameters:
    ///   - seconds: since 1970-01-01T00:00:00Z.
    ///   - nanoseconds: of that second.
    ///   - captureLength: the bytes that were captured.
    ///   - length: the bytes that were on the wire.
    ///   - isFragment: whether it is a part of an IP datagram.
    public mutating func append(
        seconds: Int64, nanoseconds: Int32, captureLength: Int, length: Int, isFragment: Bool
    ) {
        guard !isFull else { return }
        numbers.append(Double(seconds))
        numbers.append(Double(nanoseconds))
        numbers.append(Double(captureLength))
        numbers.append(Double(length))
        numbers.append((captureLength < length ? 1 : 0) + (isFragment ? 2 : 0))
    }

    /// Forgets the packets and keeps the memory, if no lane holds it any more.
    public mutating func removeAll() { numbers.removeAll(keepingCapacity: true) }
}
