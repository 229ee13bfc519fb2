import Glibc
import PacketCapture

/// How long snapshots take, and what a packet costs on its way into the ring. Each figure is the median of several rounds,
/// with the smallest and the largest.
struct Measurements: ~Copyable {
    private let folder: String
    private let ring: SegmentRing
    private let index: StreamIndex
    private var writer: RingWriter
    private var reader: RingReader
    private var time: Int64 = 1_700_000_000_000_000_000
    private var number = 0

    private static let rounds = 9
    /// Packets of 600 bytes, a mean of busy nodes.
    private static let length = 600
    private static let streams = 200
    private static let packetsPerStream = 1000

    init(folder: String) throws {
        self.folder = folder
        let path = folder + "/ring.pcapng"
        unlink(path)
        let ring = try SegmentRing(path: path, settings: .node)
        self.ring = ring
        index = StreamIndex(ring)
        reader = ring.makeReader()
        writer = ring.makeWriter()
        writer.setInterfaces([CaptureInterface(name: "probe0", linkType: .ethernet, snapLength: 262_144)])
    }

    /// Prints a line for each figure: name, unit, median, smallest, largest.
    mutating func run() throws {
        let packet = [UInt8](repeating: 7, count: Self.length)
        // All of the file is touched once, as in a worker that runs for a while.
        write(packet, count: 500_000)
        var cost: [Double] = []
        for _ in 0..<Self.rounds { cost.append(Self.nanoseconds { write(packet, count: 200_000) } / 200_000) }
        Self.report("ring-write", "ns/packet", cost)
        cost = []
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 20, alignment: 4096)
        defer { target.deallocate() }
        target.initializeMemory(as: UInt8.self, repeating: 1)
        for _ in 0..<Self.rounds {
            // The floor: the same bytes, copied once, over as much memory.
            let step = Self.length + 44
            cost.append(
                Self.nanoseconds {
                    var offset = 0
                    packet.withUnsafeBytes { source in
                        for _ in 0..<200_000 {
                            if offset + step > target.count { offset = 0 }
                            if let to = target.baseAddress, let from = source.baseAddress {
                                memcpy(to + offset, from, source.count)
                            }
                            offset += step
                        }
                    }
                } / 200_000)
        }
        Self.report("memcpy", "ns/packet", cost)
        try measureStreams()
        try measureSnapshots()
    }

    private mutating func write(_ bytes: [UInt8], count: Int) {
        bytes.withUnsafeBytes { bytes in
            for _ in 0..<count {
                time += 2_000
                writer.take(
                    CapturedPacket(
                        bytes: bytes, time: time, wireLength: UInt32(bytes.count), interface: 0, linkType: .ethernet))
            }
        }
        writer.flush()
    }

    /// Streams in turn, a thousand packets each, so that one is spread over a good part of the ring.
    private mutating func measureStreams() throws {
        let packet = [UInt8](repeating: 7, count: Self.length)
        while reader.next() != nil {}
        for _ in 0..<Self.packetsPerStream {
            write(packet, count: Self.streams)
            while let batch = reader.next() {
                var notes: [StreamIndex.Note] = []
                for place in batch.packets.indices {
                    notes.append(batch.note(place, stream: UInt64(number % Self.streams) + 1))
                    number += 1
                }
                index.add(notes)
            }
        }
        let taker = SnapshotTaker(ring: ring, index: index)
        var durations: [Double] = []
        for round in 0..<Self.rounds {
            var request = SnapshotRequest()
            request.streams = [UInt64(round + 1)]
            var packets: UInt64 = 0
            durations.append(
                try Self.nanoseconds { packets = try taker.take(request, to: folder + "/stream.pcap").packets } / 1e6)
            guard packets == UInt64(Self.packetsPerStream) else { throw Wrong(text: "\(packets) packets of a stream") }
        }
        Self.report("export-stream", "ms", durations)
    }

    private mutating func measureSnapshots() throws {
        // Until all segments are full.
        write([UInt8](repeating: 7, count: Self.length), count: 500_000)
        var pins: [Double] = []
        let newest = ring.statistics.newestTime ?? 0
        let oldest = ring.statistics.oldestTime ?? 0
        for _ in 0..<Self.rounds {
            var packets: UInt64 = 0
            pins.append(
                try Self.nanoseconds {
                    let pin = try ring.pin(newest - (newest - oldest) * 3 / 10...newest)
                    packets = pin.packets
                } / 1e6)
            guard packets > 100_000 else { throw Wrong(text: "\(packets) packets pinned") }
        }
        Self.report("pin", "ms", pins)
        var copies: [Double] = []
        var floor: [Double] = []
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 20, alignment: 4096)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 1)
        for _ in 0..<Self.rounds {
            // What the file system takes for as many bytes, whoever writes them.
            let path = folder + "/floor"
            let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            floor.append(
                Self.nanoseconds {
                    var written = 0
                    while written < memory.count {
                        let count = Glibc.write(file, memory.baseAddress.map { $0 + written }, memory.count - written)
                        guard count > 0 else { break }
                        written += count
                    }
                } / 1e6)
            close(file)
            unlink(path)
            var request = SnapshotRequest()
            request.format = .pcapng
            var bytes: UInt64 = 0
            copies.append(
                try Self.nanoseconds {
                    bytes = try SnapshotTaker(ring: ring).take(request, to: folder + "/all.pcapng").bytes
                } / 1e6)
            unlink(folder + "/all.pcapng")
            guard bytes > 235 << 20 else { throw Wrong(text: "\(bytes) bytes copied") }
        }
        Self.report("write-256-MB", "ms", floor)
        Self.report("copy-256-MB", "ms", copies)
    }

    private struct Wrong: Error, CustomStringConvertible {
        let text: String
        var description: String { "what was measured is not what was meant: \(text)" }
    }

    private static func nanoseconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start) / .nanoseconds(1)
    }

    private static func report(_ name: String, _ unit: String, _ values: [Double]) {
        let sorted = values.sorted()
        func text(_ value: Double) -> String { "\(Double(Int(value * 1000)) / 1000)" }
        CaptureProbe.say(
            "\(name) \(unit) \(text(sorted[sorted.count / 2])) \(text(sorted[0])) \(text(sorted[sorted.count - 1]))")
    }
}
