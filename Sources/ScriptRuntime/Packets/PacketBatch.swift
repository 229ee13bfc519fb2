/// Up to 512 packets on their way from capture to the hooks, as numbers in one array.
///
/// A batch costs one hand-over however many packets it holds; one by one, the hand-over alone would cost more than the
/// hook. Copies share their memory, so that each lane gets the batch for the price of a pointer.
public struct PacketBatch: Sendable, Equatable {
    /// A hand-over takes about a microsecond: with this many packets that is a fifth of a small hook's time, with a
    /// quarter of them half of it. More would keep more memory alive for a packet that a script keeps.
    public static let capacity = 512
    /// A packet as the hooks' loop reads it: numbers one after the other.
    struct Row: Sendable, Equatable {
        var seconds: Double
        var nanoseconds: Double
        var captureLength: Double
        var length: Double
        /// 1: not captured whole; 2: a fragment.
        var flags: Double
    }
    /// Numbers per packet.
    static let columns = MemoryLayout<Row>.stride / MemoryLayout<Double>.stride

    /// The packets.
    private(set) var rows: [Row] = []
    /// Where the packets came from and went to: one a packet, or none at all. Nobody looks at it until a script asks.
    private(set) var routes: [PacketRoute] = []
    /// The interface on which the packets were captured, for `info.interface`; nil if that is not known.
    public var interface: String?

    /// Makes an empty batch with room for all its packets.
    public init(interface: String? = nil) {
        self.interface = interface
        rows.reserveCapacity(Self.capacity)
    }

    /// The number of packets.
    public var count: Int { rows.count }
    /// Whether the batch holds no packet.
    public var isEmpty: Bool { rows.isEmpty }
    /// Whether the batch takes no more.
    public var isFull: Bool { count >= Self.capacity }
    /// Whether scripts find more in its packets than lengths and times.
    var isRouted: Bool { interface != nil || !routes.isEmpty }

    /// Adds a packet; does nothing if the batch is full.
    ///
    /// - Parameters:
    ///   - seconds: since 1970-01-01T00:00:00Z.
    ///   - nanoseconds: of that second.
    ///   - captureLength: the bytes that were captured.
    ///   - length: the bytes that were on the wire.
    ///   - isFragment: whether it is a part of an IP datagram.
    ///   - route: addresses, ports and protocol, which scripts read as `info.srcIp` and so on; nil if nobody looked.
    public mutating func append(
        seconds: Int64, nanoseconds: Int32, captureLength: Int, length: Int, isFragment: Bool,
        route: PacketRoute? = nil
    ) {
        guard !isFull else { return }
        if let route {
            // Packets before the first with a route have an empty one.
            while routes.count < count { routes.append(PacketRoute()) }
            routes.append(route)
        } else if !routes.isEmpty {
            routes.append(PacketRoute())
        }
        rows.append(
            Row(
                seconds: Double(seconds), nanoseconds: Double(nanoseconds), captureLength: Double(captureLength),
                length: Double(length), flags: (captureLength < length ? 1 : 0) + (isFragment ? 2 : 0)))
    }

    /// Forgets the packets and keeps the memory, if no lane holds it any more.
    public mutating func removeAll() {
        rows.removeAll(keepingCapacity: true)
        routes.removeAll(keepingCapacity: true)
    }

    /// What the batch weighs in a queue.
    var byteCount: Int {
        rows.count * MemoryLayout<Row>.stride + routes.count * MemoryLayout<PacketRoute>.stride
    }
}
