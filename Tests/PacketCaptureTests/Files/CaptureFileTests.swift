import PacketCapture
import Testing

@Suite("Capture files")
struct CaptureFileTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    func read(_ bytes: [UInt8]) throws -> (
        packets: [ReadPacket], interfaces: [CaptureInterface], error: CaptureFileError?
    ) {
        ReadPacket.all(of: try folder.file("a.pcap", bytes))
    }

    @Test("pcap is read in both byte orders and both precisions", arguments: [false, true], [false, true])
    func pcap(bigEndian: Bool, nanoseconds: Bool) throws {
        var file = CaptureFileBytes.pcap(nanoseconds: nanoseconds, bigEndian: bigEndian, linkType: 101)
        file.record(seconds: 10, fraction: 5, [1, 2, 3])
        file.record(seconds: 4_000_000_000, fraction: 999_999, wireLength: 100, [])
        let unit: Int64 = nanoseconds ? 1 : 1000
        let result = try read(file.bytes)
        #expect(
            result.packets == [
                ReadPacket(bytes: [1, 2, 3], time: 10_000_000_000 + 5 * unit, wireLength: 3, linkType: .raw),
                ReadPacket(
                    bytes: [], time: 4_000_000_000_000_000_000 + 999_999 * unit, wireLength: 100, linkType: .raw),
            ])
        #expect(result.error == nil)
        #expect(result.interfaces == [CaptureInterface(name: "", linkType: .raw, snapLength: 65535)])
    }

    @Test(
        "pcapng is read in both byte orders: interfaces, resolutions, directions, unknown blocks",
        arguments: [false, true])
    func pcapng(bigEndian: Bool) throws {
        var file = CaptureFileBytes.pcapng(bigEndian: bigEndian)
        file.interface(options: [(2, Array("eth0".utf8)), (9, [9])])
        file.interface(linkType: 113, options: [(2, Array("any".utf8))])
        file.block(0xBAD, Array(repeating: 1, count: 40))
        file.packet(units: 1_700_000_000_123_456_789, options: [(2, file.number(UInt32(2)))], [1, 2, 3])
        file.packet(interface: 1, units: 1_700_000_000_123_456, [4])
        file.interface(options: [(9, [0x80 | 1]), (14, file.number(UInt64(100)))])
        file.packet(interface: 2, units: 3, [5])
        file.block(3, file.number(UInt32(2)) + [6, 7])
        let result = try read(file.bytes)
        #expect(result.error == nil)
        #expect(
            result.packets == [
                ReadPacket(bytes: [1, 2, 3], time: 1_700_000_000_123_456_789, wireLength: 3, direction: .outbound),
                ReadPacket(
                    bytes: [4], time: 1_700_000_000_123_456_000, wireLength: 1, interface: 1, linkType: .linuxSLL),
                ReadPacket(bytes: [5], time: 101_500_000_000, wireLength: 1, interface: 2),
                ReadPacket([6, 7], at: 0),
            ])
        #expect(result.interfaces.map(\.name) == ["eth0", "any", ""])
    }

    @Test("sections that follow each other keep the numbers of interfaces that are the same")
    func sections() throws {
        var file = CaptureFileBytes.pcapng()
        for _ in 0..<3 {
            file.interface(options: [(2, Array("eth0".utf8))])
            file.packet(units: 1, [1])
            file.section()
        }
        file.interface(options: [(2, Array("eth1".utf8))])
        file.packet(units: 2, [2])
        let result = try read(file.bytes)
        #expect(result.packets.map(\.interface) == [0, 0, 0, 1])
        #expect(result.interfaces.map(\.name) == ["eth0", "eth1"])
    }

    @Test("a file longer than the buffer, with packets longer than it, is read whole")
    func long() throws {
        var file = CaptureFileBytes.pcap(nanoseconds: true)
        var expected: [ReadPacket] = []
        for index in 0..<9000 {
            let size = index == 5000 ? 3 << 20 : index % 700
            let packet = Array(repeating: UInt8(truncatingIfNeeded: index), count: size)
            file.record(seconds: 0, fraction: UInt32(index), packet)
            expected.append(ReadPacket(packet, at: Int64(index)))
        }
        let result = try read(file.bytes)
        #expect(result.error == nil)
        #expect(result.packets == expected)
    }

    @Test("a file of many buffers is read whole, whatever its packets' sizes", arguments: [1, 2, 3])
    func largeFile(seed: UInt64) throws {
        var file = CaptureFileBytes.pcap(nanoseconds: true)
        var expected: [ReadPacket] = []
        // Around the buffer's size, and much smaller and larger.
        let sizes = [0, 1, 60, 1500, 65_000, 65_520, 65_536, 70_000, 262_000, 262_144, 262_160, 400_000, 700_000]
        var state = seed
        while file.bytes.count < 12 << 20 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let size = sizes[Int(state >> 33) % sizes.count]
            let packet = Array(repeating: UInt8(truncatingIfNeeded: expected.count), count: size)
            file.record(seconds: 0, fraction: UInt32(expected.count), packet)
            expected.append(ReadPacket(packet, at: Int64(expected.count)))
        }
        let whole = try read(file.bytes)
        #expect(whole.error == nil)
        #expect(whole.packets == expected)
        let cut = try read(Array(file.bytes.dropLast(1)))
        #expect(cut.error?.problem == .truncated)
        #expect(cut.packets == expected.dropLast())
    }

    @Test("a large file that is closed in the middle leaves no descriptor open")
    func closedEarly() throws {
        var file = CaptureFileBytes.pcap(nanoseconds: true)
        for index in 0..<20_000 {
            file.record(seconds: 0, fraction: UInt32(index), Array(repeating: 0, count: 400))
        }
        let path = try folder.file("large.pcap", file.bytes)
        for _ in 0..<20 {
            var file = try CaptureFile(path: path)
            while file.packetsRead < 3000 { _ = try file.next() }
        }
        #expect(!FileBytes.isOpen(path))
    }

    @Test("an uninteresting block may be longer than the buffer")
    func longBlock() throws {
        var file = CaptureFileBytes.pcapng()
        file.interface()
        file.block(10, Array(repeating: 0, count: 5 << 20))
        file.packet(units: 1, [1])
        #expect(try read(file.bytes).packets == [ReadPacket([1], at: 1000)])
        let cut = Array(file.bytes[..<(3 << 20)])
        #expect(try read(cut).error?.problem == .truncated)
    }

    @Test("a file that was cut is read up to the cut, wherever that is, and says so")
    func truncated() throws {
        for bytes in [Self.twoPackets(pcapng: false), Self.twoPackets(pcapng: true)] {
            let whole = try read(bytes)
            #expect(whole.error == nil)
            for end in 1..<bytes.count {
                let result = try read(Array(bytes[..<end]))
                #expect(result.packets == Array(whole.packets.prefix(result.packets.count)))
                let isComplete = result.error == nil
                let expected = result.error.map {
                    [.truncated, .unknownFormat(firstBytes: Array(bytes[..<end]))].contains($0.problem)
                }
                #expect(isComplete || expected == true, "cut at \(end): \(String(describing: result.error))")
                if let error = result.error { #expect(error.packetsRead == UInt64(result.packets.count)) }
            }
        }
    }

    static func twoPackets(pcapng: Bool) -> [UInt8] {
        if pcapng {
            var file = CaptureFileBytes.pcapng()
            file.interface()
            file.packet(units: 1, [1, 2, 3])
            file.packet(units: 2, [4])
            return file.bytes
        }
        var file = CaptureFileBytes.pcap()
        file.record(seconds: 0, fraction: 1, [1, 2, 3])
        file.record(seconds: 0, fraction: 2, [4])
        return file.bytes
    }

    @Test("what is wrong is said with the place and the packets before it")
    func garbled() throws {
        var file = CaptureFileBytes.pcap()
        file.record(seconds: 1, fraction: 0, [1])
        file.bytes += Array(repeating: 0xFF, count: 40)
        let result = try read(file.bytes)
        #expect(result.packets.count == 1)
        #expect(
            result.error?.description.contains(
                "at byte 41, after 1 packets: garbled: a packet of 4294967295 bytes cannot be") == true)

        var other = CaptureFileBytes.pcapng()
        other.interface()
        other.packet(units: 1, [1])
        other.packet(interface: 7, units: 1, [1])
        #expect(try read(other.bytes).error?.problem == .garbled("a packet of interface 7, which is not described"))
        #expect(try read(other.bytes).packets.count == 1)
        other.bytes[other.bytes.count - 1] = 9
        #expect(try read(other.bytes).error?.description.contains("a block's length, 36, is") == true)
    }

    @Test("what is no capture is refused with what to do")
    func noCapture() throws {
        #expect(try read([]).error?.problem == .empty)
        #expect(
            try read(Array("hello, world".utf8)).error?.problem == .unknownFormat(firstBytes: Array("hello, w".utf8)))
        #expect(try read([1]).error?.problem == .unknownFormat(firstBytes: [1]))
        #expect(try read([0x28, 0xB5, 0x2F, 0xFD, 0, 0]).error?.description.contains("zstd -dc") == true)
        #expect(
            ReadPacket.all(of: folder.path + "/missing").error?.description
                == "cannot read \(folder.path)/missing: No such file or directory")
        #expect(ReadPacket.all(of: folder.path).error?.description == "cannot read \(folder.path): Is a directory")
    }
}
