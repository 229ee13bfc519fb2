/// Room for bytes that came out of order: blocks of equal size, in lists, all memory taken at the start (and touched
/// only when used).
struct SegmentPool: ~Copyable {
    /// Holds a full-sized Ethernet segment; larger ones take several blocks.
    static let blockSize = 2016

    /// What a block holds.
    struct Block {
        var sequence: UInt32
        var count: UInt32
        var next: Int32
        var stamp: PacketStamp

        @inline(__always) var end: UInt32 { sequence &+ count }
    }

    let capacity: Int
    private let blocks: UnsafeMutablePointer<Block>
    private let bytes: UnsafeMutableRawPointer
    private var firstFree: Int32 = -1
    private var highWater = 0
    private(set) var used = 0

    init(byteCount: Int) {
        capacity = max(1, byteCount / Self.blockSize)
        blocks = .allocate(capacity: capacity)
        bytes = .allocate(byteCount: capacity * Self.blockSize, alignment: 64)
    }

    deinit {
        blocks.deallocate()
        bytes.deallocate()
    }

    subscript(index: Int32) -> Block {
        @inline(__always) get { blocks[Int(index)] }
        @inline(__always) nonmutating set { blocks[Int(index)] = newValue }
    }

    @inline(__always) func bytes(of index: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + Int(index) * Self.blockSize, count: Int(blocks[Int(index)].count))
    }

    /// A block with a copy of `content` (of one block's size at most); nil if there is none left.
    mutating func allocate(_ content: UnsafeRawBufferPointer, sequence: UInt32, next: Int32, stamp: PacketStamp)
        -> Int32?
    {
        let index: Int32
        if firstFree >= 0 {
            index = firstFree
            firstFree = blocks[Int(index)].next
        } else if highWater < capacity {
            index = Int32(highWater)
            highWater += 1
        } else {
            return nil
        }
        used += 1
        (blocks + Int(index)).initialize(
            to: Block(sequence: sequence, count: UInt32(content.count), next: next, stamp: stamp))
        if let source = content.baseAddress {
            (bytes + Int(index) * Self.blockSize).copyMemory(from: source, byteCount: content.count)
        }
        return index
    }

    mutating func free(_ index: Int32) {
        blocks[Int(index)].next = firstFree
        firstFree = index
        used -= 1
    }
}
