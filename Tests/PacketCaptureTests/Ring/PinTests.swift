import PacketCapture
import Testing

@Suite("Pins")
struct PinTests {
    @Test("what is pinned stays while everything else is reused, and is reused once the pin is gone")
    func pinned() throws {
        var bench = try RingBench()
        bench.write(100)
        let window = Int64(0)...bench.time
        do {
            let pin = try bench.ring.pin(window)
            #expect(bench.ring.statistics.segmentsPinned == 2)
            bench.write(3000)
            #expect(bench.ring.statistics.packetsDropped == 0)
            let path = bench.folder.path + "/pinned.pcapng"
            var request = SnapshotRequest()
            request.format = .pcapng
            let result = try SnapshotTaker(ring: bench.ring).take(pin, request, to: path)
            #expect(result.packets == 100 && result.packetsMissed == 0)
            #expect(ReadPacket.all(of: path).packets.map(\.time) == (1...100).map { 1_000 + $0 * 1000 })
        }
        #expect(bench.ring.statistics.segmentsPinned == 0)
        bench.write(1000)
        #expect((bench.ring.statistics.oldestTime ?? 0) > window.upperBound)
    }

    @Test("more than half of the ring is refused, by one pin or by several together, and counted")
    func limit() throws {
        var bench = try RingBench()
        bench.write(1000)
        #expect(throws: RingError.pinTooLarge(segments: 8, limit: 4)) { _ = try bench.ring.pin(.min ... .max) }
        let newest = bench.time - 150_000...bench.time
        let first = try bench.ring.pin(newest)
        let again = try bench.ring.pin(newest)
        let other = bench.time - 350_000...bench.time - 200_000
        #expect(throws: RingError.self) { _ = try bench.ring.pin(other) }
        #expect(bench.ring.statistics.pinsRefused == 2)
        #expect(first.packets == again.packets)
        bench.write(2000)
        #expect(bench.ring.statistics.packetsDropped == 0)
    }
}
