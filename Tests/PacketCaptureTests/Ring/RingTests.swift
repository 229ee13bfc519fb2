import PacketCapture
import Testing

/// Writes numbered packets and checks what is read.
struct RingBench: ~Copyable {
    let folder: TemporaryFolder
    let ring: SegmentRing
    var writer: RingWriter
    var number: UInt64 = 0
    var time: Int64 = 1_000

    init(segments: Int = 8, maximumAge: Duration? = nil, folder: TemporaryFolder? = nil) throws {
        let folder = try folder ?? TemporaryFolder()
        var settings = RingSettings()
        settings.segmentCount = segments
        settings.segmentBytes = 65_536
        settings.maximumAge = maximumAge
        let ring = try SegmentRing(path: folder.path + "/ring", settings: settings)
        self.folder = folder
        self.ring = ring
        writer = ring.makeWriter()
        writer.setInterfaces([CaptureInterface(name: "eth0", linkType: .ethernet, snapLength: 262_144)])
    }

    /// Packets of 1,000 bytes whose first eight are their number, from 1; about 63 to a segment.
    mutating func write(_ count: Int) {
        for _ in 0..<count {
            number += 1
            time += 1000
            var packet = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1000)
            packet.withUnsafeMutableBytes { $0.storeBytes(of: number, as: UInt64.self) }
            packet.withUnsafeBytes {
                writer.take(
                    CapturedPacket(
                        bytes: $0, time: time, wireLength: 1000, interface: 0, linkType: .ethernet,
                        direction: number % 2 == 0 ? .inbound : .unknown))
            }
        }
        writer.flush()
    }

    static func number(of packet: CapturedPacket) -> UInt64 {
        packet.bytes.loadUnaligned(as: UInt64.self)
    }

    /// Whether a packet is as it was written.
    static func isIntact(_ packet: CapturedPacket) -> Bool {
        let number = number(of: packet)
        return packet.bytes.count == 1000 && packet.time == 1_000 + Int64(number) * 1000
            && packet.bytes[8...].allSatisfy { $0 == UInt8(truncatingIfNeeded: number) }
            && packet.direction == (number % 2 == 0 ? .inbound : .unknown)
    }
}

@Suite("The ring")
struct RingTests {
    @Test("what is written is read in place, in order, with its number")
    func reading() throws {
        var bench = try RingBench()
        bench.write(10)
        var reader = bench.ring.makeReader()
        #expect(reader.next() == nil)
        bench.write(300)
        var expected: UInt64 = 11
        while let batch = reader.next() {
            #expect(batch.firstNumber == expected)
            for packet in batch.packets {
                #expect(RingBench.number(of: packet) == expected && RingBench.isIntact(packet))
                expected += 1
            }
        }
        #expect(expected == 311)
        #expect(reader.packetsRead == 300 && reader.packetsSkipped == 0)
        #expect(reader.interfaces == [CaptureInterface(name: "eth0", linkType: .ethernet, snapLength: 262_144)])
        #expect(reader.wait(atMost: .milliseconds(1)) == false)
    }

    @Test("a reader that is overtaken goes on at the newest segment, and every packet is counted")
    func overtaken() throws {
        var bench = try RingBench()
        bench.write(1)
        var reader = bench.ring.makeReader()
        var last: UInt64 = 1
        for count in [30, 2000, 5, 900, 10_000, 1] {
            bench.write(count)
            while let batch = reader.next() {
                for packet in batch.packets {
                    #expect(RingBench.number(of: packet) > last && RingBench.isIntact(packet))
                    last = RingBench.number(of: packet)
                }
            }
            #expect(last == bench.number)
            #expect(reader.packetsRead + reader.packetsSkipped == bench.number - 1)
        }
        #expect(reader.packetsSkipped > 10_000)
        #expect(bench.ring.statistics.packetsWritten == bench.number && bench.ring.statistics.packetsDropped == 0)
    }

    @Test("a batch stays as it is while the writer goes round and round")
    func batchesAreStable() throws {
        var bench = try RingBench()
        var reader = bench.ring.makeReader()
        bench.write(40)
        guard let batch = reader.next() else {
            Issue.record("there is nothing to read")
            return
        }
        bench.write(5000)
        #expect(batch.packets.count == 40 && batch.packets.allSatisfy { RingBench.isIntact($0) })
        #expect(bench.ring.statistics.packetsDropped == 0)
    }

    @Test("the file is a capture at any moment, as other programs read it, and so is each segment")
    func fileIsValid() async throws {
        var bench = try RingBench()
        for count in [0, 1, 62, 400, 1000] {
            bench.write(count)
            let result = ReadPacket.all(of: bench.ring.path)
            #expect(result.error == nil)
            let held = bench.ring.statistics.packetsHeld
            #expect(UInt64(result.packets.count) == held)
            #expect(Set(result.packets.map(\.time)).count == result.packets.count)
        }
        let path = bench.ring.path
        let held = bench.ring.statistics.packetsHeld
        if Program.exists("tcpdump") { #expect(try await Program.tcpdumpCount(path) == Int(held)) }
        if Program.exists("tshark") { #expect(try await Program.tsharkCount(path) == Int(held)) }
    }

    @Test("a ring that was closed is carried on with: its packets stay, numbers go on")
    func carryOn() throws {
        var bench = try RingBench()
        bench.write(100)
        let folder = bench.folder
        _ = consume bench
        var again = try RingBench(folder: folder)
        #expect(
            again.ring.recovery == RingRecovery(wasClosed: true, packets: 100, firstTime: 2_000, lastTime: 101_000))
        var reader = again.ring.makeReader()
        again.write(1)
        #expect(reader.next()?.firstNumber == 101)
        #expect(again.ring.statistics.packetsHeld == 101)
    }

    @Test("of a damaged ring the undamaged part of each segment stays, and the rest is empty")
    func damaged() throws {
        var bench = try RingBench()
        bench.write(100)
        let folder = bench.folder
        let path = bench.ring.path
        _ = consume bench
        let file = try #require(try FileBytes(path))
        // In the 21st packet of the first segment.
        file.write([0xFF, 0xFF, 0xFF, 0xFF], at: 65_536 + 28 + 40 + 20 * 1038 + 4)
        let again = try RingBench(folder: folder)
        #expect(
            again.ring.recovery?.packets == UInt64(20 + 100 - 63)
                || again.ring.recovery?.packets == UInt64(20 + 100 - 62))
        #expect(ReadPacket.all(of: path).error == nil)
        #expect(ReadPacket.all(of: path).packets.allSatisfy { $0.bytes.count == 1000 })
    }

    @Test("a file that is no ring of this size is made one")
    func otherFile() throws {
        let folder = try TemporaryFolder()
        _ = try folder.file("ring", Array(repeating: 0x55, count: 200_000))
        var bench = try RingBench(folder: folder)
        #expect(bench.ring.recovery == nil)
        bench.write(5)
        #expect(ReadPacket.all(of: bench.ring.path).packets.count == 5)
    }

    @Test("a ring has one process at a time")
    func inUse() throws {
        let bench = try RingBench()
        #expect(throws: RingError.inUse(path: bench.ring.path)) { _ = try RingBench(folder: bench.folder) }
    }

    @Test("packets that are too old are forgotten, also when no others come")
    func age() throws {
        var bench = try RingBench(maximumAge: .microseconds(200))
        bench.write(500)
        let statistics = bench.ring.statistics
        #expect(statistics.packetsHeld < 400 && statistics.newestTime == bench.time)
        #expect((statistics.oldestTime ?? 0) >= bench.time - 200_000 - 64_000)
        bench.writer.tick(now: bench.time + 1_000_000)
        #expect(bench.ring.statistics.packetsHeld == 0)
        #expect(ReadPacket.all(of: bench.ring.path).packets.isEmpty)
        bench.write(1)
        #expect(bench.ring.statistics.packetsHeld == 1)
    }

    @Test("a packet larger than a segment is dropped and counted")
    func tooLarge() throws {
        var bench = try RingBench()
        let packet = [UInt8](repeating: 1, count: 70_000)
        packet.withUnsafeBytes {
            bench.writer.take(
                CapturedPacket(bytes: $0, time: 1, wireLength: 70_000, interface: 0, linkType: .ethernet))
        }
        bench.write(3)
        #expect(bench.ring.statistics.packetsDropped == 1 && bench.ring.statistics.packetsWritten == 3)
    }

    @Test("a VLAN tag beside the frame is put back into it")
    func vlan() throws {
        var bench = try RingBench()
        Frame.tcp(1, 2, payload: [7]).ipv4().ethernet().withPacket(metadataVLAN: 42) { bench.writer.take($0) }
        bench.writer.flush()
        let packets = ReadPacket.all(of: bench.ring.path).packets
        #expect(packets.map(\.bytes) == [Frame.tcp(1, 2, payload: [7]).ipv4().ethernet(vlans: [42]).bytes])
        #expect(packets.map(\.wireLength) == [UInt32(packets[0].bytes.count)])
    }

    @Test("an interface that comes later is described before its packets")
    func laterInterface() throws {
        var bench = try RingBench()
        var reader = bench.ring.makeReader()
        bench.write(2)
        bench.writer.setInterfaces([
            CaptureInterface(name: "eth0", linkType: .ethernet, snapLength: 262_144),
            CaptureInterface(name: "any", linkType: .linuxSLL2),
        ])
        Frame(bytes: [1]).withPacket(linkType: .linuxSLL2, interface: 1) { bench.writer.take($0) }
        bench.writer.flush()
        var interfaces: [UInt16] = []
        while let batch = reader.next() { interfaces += batch.packets.map(\.interface) }
        #expect(interfaces == [0, 0, 1] && reader.interfaces.map(\.name) == ["eth0", "any"])
    }
}
