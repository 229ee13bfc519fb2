package import Dissection
package import PacketCapture
package import ScriptRuntime

/// Packets on their way to scripts: as batches for `onPacketCaptured`, as items for `onItemCaptured`. What no script wants
/// is not made. Belongs to one thread.
///
/// With a ring, ``next()`` takes packets from it where they lie, and tells the index which flow each belongs to, so that
/// `pcap.path` and `pcap.snapshot` find them.
package struct CapturedTraffic: ~Copyable {
    /// The names of the interfaces, by the numbers that packets have.
    package var interfaces: [String] {
        get { batches.interfaces }
        set { batches.interfaces = newValue }
    }
    /// What became of packets so far.
    package private(set) var counters = TrafficCounters()

    private var batches = PacketBatches()
    private let decoder = LinkDecoder()
    private var dissector: TrafficDissector?
    private var settings: DissectionSettings
    private let limits: FlowLimits
    let scene: ItemScene
    private var wantsPackets = false
    private var isDissecting = false
    private var reader: RingReader?
    private let index: StreamIndex?
    private var notes: [StreamIndex.Note] = []
    /// What of it scripts are to see; nil: all.
    private var targets: TargetFilter?
    private var isLimited = false

    /// - Parameters:
    ///   - scene: where items come from.
    ///   - settings: what is dissected.
    ///   - limits: how much flows may take.
    ///   - ring: where packets come from; without one, give them to ``take(_:)``.
    ///   - index: of that ring.
    ///   - targets: what scripts are to see; flows and the ring are not limited by it.
    package init(
        _ scene: ItemScene, settings: DissectionSettings = .init(), limits: FlowLimits = .init(),
        ring: SegmentRing? = nil, index: StreamIndex? = nil, targets: (any TrafficTargets)? = nil
    ) {
        self.targets = targets.map { TargetFilter($0) }
        self.scene = scene
        self.settings = settings
        self.limits = limits
        self.index = index
        reader = ring?.makeReader()
    }

    /// Says what scripts want now. Connections that are open when the first one wants items are dissected from there on.
    package mutating func want(_ wanted: WantedTraffic) {
        wantsPackets = wanted.packets
        isLimited = targets?.refresh() ?? false
        guard wanted.items != isDissecting else { return }
        isDissecting = wanted.items
        if isDissecting {
            if dissector == nil { dissector = TrafficDissector(settings, limits: limits) }
        } else {
            // What is open ends here; streams that begin later get new numbers.
            dissector?.finish()
            _ = dissector?.takePieces()
        }
    }

    /// Dissects new connections by other settings; those that are open go on as they began.
    package mutating func change(_ settings: DissectionSettings) {
        self.settings = settings
        dissector?.change(settings)
    }

    /// Takes a packet, whose bytes need to live during the call only.
    package mutating func take(_ packet: CapturedPacket) {
        _ = follow(packet)
    }

    /// Takes the packets that are next in the ring, some thousand at most; false if there are none now.
    package mutating func next() -> Bool {
        guard let batch = reader?.next() else { return false }
        if interfaces.count != reader?.interfaces.count { interfaces = reader?.interfaces.map(\.name) ?? [] }
        guard isDissecting || wantsPackets else {
            counters.unwanted += UInt64(batch.packets.count)
            return true
        }
        guard let index, isDissecting else {
            for packet in batch.packets { _ = follow(packet) }
            return true
        }
        notes.removeAll(keepingCapacity: true)
        for place in batch.packets.indices {
            notes.append(batch.note(place, stream: follow(batch.packets[place])))
        }
        index.add(notes)
        return true
    }

    /// Waits until the ring has packets, or for so long.
    package mutating func wait(atMost duration: Duration) { _ = reader?.wait(atMost: duration) }

    private mutating func follow(_ packet: CapturedPacket) -> UInt64 {
        guard isDissecting, let header = dissector?.process(packet) else {
            if wantsPackets { take(packet, decoder.decode(packet)) }
            return 0
        }
        if wantsPackets { take(packet, header) }
        return header.stream
    }

    private mutating func take(_ packet: CapturedPacket, _ header: PacketHeader) {
        if isLimited, targets?.admits(header.source, header.destination, at: packet.time) == false {
            counters.untargetedPackets += 1
        } else {
            batches.take(packet, header)
        }
    }

    /// Time passes without packets: what waited for too long goes out. `now` is in nanoseconds since 1970.
    package mutating func advance(to now: Int64) { dissector?.advance(to: now) }

    /// There are no more packets.
    package mutating func finish() { dissector?.finish() }

    /// Full batches that are ready.
    package var batchCount: Int { batches.count }
    /// The full batches.
    package mutating func takeFullBatches() -> [PacketBatch] { batches.takeFull() }
    /// All batches, also the one that is not full.
    package mutating func takeBatches() -> [PacketBatch] { batches.takeAll() }

    /// How many items were made since the last time.
    package var itemCount: Int { mutating get { dissector?.itemCount ?? 0 } }

    /// The items that were made since the last time, in pieces of at most ``ItemSink/pieceCount``.
    package mutating func takeItems() -> [[Item]] {
        var pieces = dissector?.takePieces() ?? []
        guard isLimited else { return pieces }
        for place in pieces.indices {
            let count = pieces[place].count
            pieces[place].removeAll { item in
                let ends = [item.connection.client, item.connection.server].map {
                    IPAddress($0.address) ?? .unspecified
                }
                return targets?.admits(ends[0], ends[1], at: item.time) == false
            }
            counters.untargetedItems += UInt64(count - pieces[place].count)
        }
        return pieces
    }

    /// Brings ``counters`` up to date.
    package mutating func refreshCounters() {
        if let read = reader?.packetsRead { counters.read = read }
        if let skipped = reader?.packetsSkipped { counters.skipped = skipped }
        if let flows = dissector?.flowCounters { counters.flows = flows }
        if let messages = dissector?.counters { counters.messages = messages }
    }
}
