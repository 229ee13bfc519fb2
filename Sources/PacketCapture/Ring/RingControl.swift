internal import CPacketSocket

/// The first 64 KB of a ring's file: what the ring is, and what each of its segments holds. Shared memory: every word is
/// read and written atomically. To readers of pcapng it is a section without packets.
///
/// ```
/// file:     control (64 KB) | segment | segment | …
/// control:  section header | local block { geometry, counters, one entry of 64 bytes per segment }
/// segment:  section header | interfaces | packets … | local block over the unused rest
/// ```
struct RingControl {
    let base: UnsafeMutableRawPointer

    static let size = 65_536
    static let magic: UInt64 = 0x676E_6972_6172_6D72
    static let version: UInt64 = 1
    private static let firstEntry = 4096
    private static let entrySize = 64
    static let mostSegments = (size - firstEntry - 64) / entrySize

    /// Words of the control area, by their offset.
    enum Word: Int {
        case magic = 64
        case version = 72
        case segmentSize = 80
        case segmentCount = 88
        /// 1 while a worker has the ring, 0 after it has closed it.
        case isDirty = 96
        /// Counts commits, for whoever waits for one.
        case generation = 104
        /// How many wait.
        case waiters = 112
        case packetsWritten = 120
        case bytesWritten = 128
        case packetsDropped = 136
        case segmentsReused = 144
    }

    /// Words of a segment's entry, by their offset.
    enum EntryWord: Int {
        /// Segments are numbered in the order of their use, from 1; 0 for an empty one or one that is being prepared.
        case sequence = 0
        /// The bytes from the segment's start that are valid. Written last, with release order.
        case committed = 8
        case firstTime = 16
        case lastTime = 24
        /// The number of its first packet; packets of a ring are numbered from 1.
        case firstNumber = 32
        case packets = 40
        /// 1 if a packet is older than the one before.
        case isUnsorted = 48
    }

    subscript(word: Word) -> UInt64 {
        get { remora_load_acquire_u64(base + word.rawValue) }
        nonmutating set { remora_store_release_u64(base + word.rawValue, newValue) }
    }

    subscript(slot: Int, word: EntryWord) -> UInt64 {
        get { remora_load_acquire_u64(base + Self.firstEntry + slot * Self.entrySize + word.rawValue) }
        nonmutating set {
            remora_store_release_u64(base + Self.firstEntry + slot * Self.entrySize + word.rawValue, newValue)
        }
    }

    func address(_ word: Word) -> UnsafeMutableRawPointer { base + word.rawValue }

    /// Describes a new ring without packets.
    func format(segmentSize: Int, segmentCount: Int) {
        let start = PcapngBytes.sectionHeader(at: base)
        PcapngBytes.filler(at: base + start, count: Self.size - start)
        self[.version] = Self.version
        self[.segmentSize] = UInt64(segmentSize)
        self[.segmentCount] = UInt64(segmentCount)
        self[.magic] = Self.magic
    }
}
