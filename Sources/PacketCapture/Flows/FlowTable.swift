/// Records of flows at fixed places, found by key: open addressing over a list of places, all memory taken at the start
/// (and touched only when used).
struct FlowTable: ~Copyable {
    let capacity: Int
    private(set) var count = 0
    /// No record at or beyond this place was ever used.
    private(set) var highWater = 0

    private let records: UnsafeMutablePointer<FlowRecord>
    private let isUsed: UnsafeMutablePointer<Bool>
    private let freeSlots: UnsafeMutablePointer<UInt32>
    private var freeCount = 0
    /// Hash in the upper half, place plus one in the lower; 0 for free.
    private let index: UnsafeMutablePointer<UInt64>
    private let mask: Int
    private let seed: UInt64
    private var hand = 0

    init(capacity: Int) {
        precondition(capacity > 0 && capacity < 1 << 30, "a flow table needs between 1 and 2^30 places")
        self.capacity = capacity
        records = .allocate(capacity: capacity)
        isUsed = .allocate(capacity: capacity)
        isUsed.initialize(repeating: false, count: capacity)
        freeSlots = .allocate(capacity: capacity)
        var size = 16
        while size < capacity * 2 { size *= 2 }
        index = .allocate(capacity: size)
        index.initialize(repeating: 0, count: size)
        mask = size - 1
        seed = .random(in: .min ... .max)
    }

    deinit {
        records.deallocate()
        isUsed.deallocate()
        freeSlots.deallocate()
        index.deallocate()
    }

    var isFull: Bool { count == capacity }

    @inline(__always) func hash(_ key: FlowKey) -> UInt32 { key.hash(seed: seed) }

    @inline(__always) func find(_ key: FlowKey, hash: UInt32) -> UnsafeMutablePointer<FlowRecord>? {
        var place = Int(hash) & mask
        while true {
            let entry = index[place]
            if entry == 0 { return nil }
            if UInt32(truncatingIfNeeded: entry >> 32) == hash {
                let record = records + Int(UInt32(truncatingIfNeeded: entry)) - 1
                if record.pointee.key == key { return record }
            }
            place = (place &+ 1) & mask
        }
    }

    /// Adds a flow that is not in the table, which must not be full.
    mutating func insert(_ record: FlowRecord) -> UnsafeMutablePointer<FlowRecord> {
        let slot: Int
        if freeCount > 0 {
            freeCount -= 1
            slot = Int(freeSlots[freeCount])
        } else {
            slot = highWater
            highWater += 1
        }
        var place = Int(record.hash) & mask
        while index[place] != 0 { place = (place &+ 1) & mask }
        index[place] = UInt64(record.hash) << 32 | UInt64(slot + 1)
        let result = records + slot
        result.initialize(to: record)
        result.pointee.slot = UInt32(slot)
        isUsed[slot] = true
        count += 1
        return result
    }

    mutating func remove(_ record: UnsafeMutablePointer<FlowRecord>) {
        let slot = Int(record.pointee.slot)
        let entry = UInt64(record.pointee.hash) << 32 | UInt64(slot + 1)
        var hole = Int(record.pointee.hash) & mask
        while index[hole] != entry { hole = (hole &+ 1) & mask }
        // Entries that were pushed on by this one move back, so that no marks of removed ones pile up.
        var place = hole
        while true {
            place = (place &+ 1) & mask
            let other = index[place]
            if other == 0 { break }
            let home = Int(UInt32(truncatingIfNeeded: other >> 32)) & mask
            if (place &- home) & mask >= (place &- hole) & mask {
                index[hole] = other
                hole = place
            }
        }
        index[hole] = 0
        isUsed[slot] = false
        freeSlots[freeCount] = UInt32(slot)
        freeCount += 1
        count -= 1
    }

    func record(at slot: Int) -> UnsafeMutablePointer<FlowRecord>? { isUsed[slot] ? records + slot : nil }

    /// The flow to give up when there is no room: of the next sixteen in turn, the one that was idle for longest;
    /// closed ones and those without a finished handshake first.
    mutating func victim() -> UnsafeMutablePointer<FlowRecord>? {
        var best: UnsafeMutablePointer<FlowRecord>?
        var bestScore: (Int, Int64) = (0, 0)
        var seen = 0
        for _ in 0..<highWater where seen < 16 {
            hand = hand + 1 < highWater ? hand + 1 : 0
            guard isUsed[hand] else { continue }
            seen += 1
            let record = records + hand
            let score = (record.pointee.evictionRank, record.pointee.lastTime)
            if best == nil || score < bestScore { (best, bestScore) = (record, score) }
        }
        return best
    }
}

extension FlowRecord {
    /// Lower goes first.
    var evictionRank: Int {
        if flags.contains(.isClosed) { return 0 }
        if flags.contains(.isTCP) { return fromLow.packets == 0 || fromHigh.packets == 0 ? 1 : 2 }
        return 2
    }
}
