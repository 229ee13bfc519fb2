import FoundationEssentials
import Glibc
import PacketCapture
import TestNetwork
import Testing
import Threading

/// Counts what comes, and can be slow.
struct CountingSink: PacketSink, ~Copyable {
    final class Counts: Sendable {
        let state = Locked(State())

        struct State: Sendable {
            var packets = 0
            var lengths: [Int] = []
            var vlans: [UInt16] = []
            var pause: Duration?
        }

        var packets: Int { state.withLock { $0.packets } }
    }

    let counts: Counts

    mutating func take(_ packet: CapturedPacket) {
        let pause = counts.state.withLock { state in
            state.packets += 1
            if state.lengths.count < 1000 {
                state.lengths.append(packet.bytes.count)
                state.vlans.append(packet.metadataVLAN)
            }
            return state.pause.take()
        }
        if let pause { usleep(UInt32(pause / .microseconds(1))) }
    }

    mutating func flush() {}
}

@Suite("Live capture", .enabled(if: TestNetwork.isPossible, "needs root and iproute2"), .serialized)
struct LiveCaptureTests {
    private func send(
        _ network: TestNetwork, length: Int = 64, rate: Int = 1000, count: Int, on interface: String = "veth0"
    ) async throws -> Int {
        let output = try await network.run(Program.probe, "send", interface, "\(length)", "\(rate)", "\(count)", "60")
        return Int(output.split(separator: " ").last?.split(separator: "\n").first ?? "") ?? -1
    }

    /// Captures from `veth1` for as long as `body` runs, and until so many packets were delivered or lost as it says.
    private func capture(
        _ network: TestNetwork, _ settings: CaptureSettings = .init(),
        _ body: @escaping @Sendable (LiveCapture, CountingSink.Counts) async throws -> Int
    ) async throws -> (counts: CountingSink.Counts, capture: LiveCapture) {
        let capture = try await network.onThread { try LiveCapture(interfaces: ["veth1"], settings: settings) }
        let counts = CountingSink.Counts()
        let done = Locked(false)
        // An interface that is opened again must be looked for where it is.
        let thread = Task {
            try await network.onThread {
                var sink = CountingSink(counts: counts)
                capture.run(into: &sink)
                done.withLock { $0 = true }
            }
        }
        let sent = try await body(capture, counts)
        await Wait.until {
            let statistics = capture.statistics[0]
            return statistics.delivered + statistics.droppedByKernel >= UInt64(sent)
        }
        capture.stop()
        try await thread.value
        return (counts, capture)
    }

    @Test("a single packet after a silence is delivered, though nothing follows it")
    func silence() async throws {
        try await TestNetwork.with { networks in
            let network = networks[0]
            try await network.cable("veth0", "veth1")
            let (counts, _) = try await capture(network) { _, counts in
                try await Task.sleep(for: .seconds(2))
                return try await send(network, count: 1)
            }
            #expect(counts.packets == 1)
        }
    }

    @Test("a reader that stands still for a tenth of a second loses nothing of a hundred thousand packets a second")
    func shortPause() async throws {
        try await TestNetwork.with { networks in
            let network = networks[0]
            try await network.cable("veth0", "veth1")
            var settings = CaptureSettings()
            settings.kernelBufferBytes = 32 << 20
            let (counts, live) = try await capture(network, settings) { _, counts in
                counts.state.withLock { $0.pause = .milliseconds(100) }
                return try await send(network, length: 200, rate: 100_000, count: 30_000)
            }
            #expect(live.statistics[0].droppedByKernel == 0)
            #expect(counts.packets == 30_000)
        }
    }

    @Test("what is lost while the reader stands still is counted exactly: sent = delivered + dropped")
    func pause() async throws {
        try await TestNetwork.with { networks in
            let network = networks[0]
            try await network.cable("veth0", "veth1")
            var settings = CaptureSettings()
            settings.kernelBufferBytes = 1 << 20
            let (counts, live) = try await capture(network, settings) { _, counts in
                counts.state.withLock { $0.pause = .seconds(2) }
                return try await send(network, length: 200, rate: 20_000, count: 30_000)
            }
            let statistics = live.statistics[0]
            #expect(statistics.droppedByKernel > 0)
            #expect(statistics.delivered + statistics.droppedByKernel == 30_000)
            #expect(counts.packets == Int(statistics.delivered) && statistics.received == 30_000)
        }
    }

    @Test("frames of 64 KB, as segmentation offload makes them, are kept whole")
    func largeFrames() async throws {
        try await TestNetwork.with { networks in
            let network = networks[0]
            try await network.cable("veth0", "veth1", mtu: 65_535)
            let (counts, _) = try await capture(network) { _, _ in
                try await send(network, length: 65_000, rate: 100, count: 20)
            }
            #expect(counts.state.withLock { $0.lengths } == Array(repeating: 65_000, count: 20))
        }
    }

    @Test("another filter counts from when it is set; a wrong one changes nothing")
    func filter() async throws {
        try await TestNetwork.with { networks in
            let network = networks[0]
            try await network.cable("veth0", "veth1")
            let (counts, _) = try await capture(network) { capture, counts in
                _ = try await send(network, count: 100)
                await Wait.until { counts.packets == 100 }
                #expect(throws: LiveCaptureError.self) { try capture.setFilter("udp port") }
                try capture.setFilter("tcp")
                await Wait.until {
                    // Set within a tenth of a second: then nothing of this comes through.
                    let before = counts.packets
                    _ = try? await send(network, count: 10)
                    try? await Task.sleep(for: .milliseconds(200))
                    return counts.packets == before
                }
                try capture.setFilter("udp")
                let before = counts.packets
                await Wait.until {
                    _ = try? await send(network, count: 10)
                    try? await Task.sleep(for: .milliseconds(200))
                    return counts.packets > before
                }
                return 0
            }
            #expect(counts.packets >= 110)
        }
    }

    @Test("an interface that goes away and comes back is captured again, and its counters go on")
    func reopening() async throws {
        try await TestNetwork.with { networks in
            let network = networks[0]
            try await network.cable("veth0", "veth1")
            var settings = CaptureSettings()
            settings.reopensInterfaces = true
            let (counts, live) = try await capture(network, settings) { capture, counts in
                _ = try await send(network, count: 50)
                await Wait.until { counts.packets == 50 }
                try await network.ip("link", "del", "veth0")
                await Wait.until { capture.isOpen == [false] }
                #expect(capture.failures == [.interfaceLost("veth1")])
                try await network.cable("veth0", "veth1")
                await Wait.until { capture.isOpen == [true] }
                return try await send(network, count: 70)
            }
            await Wait.until { counts.packets >= 120 }
            #expect(counts.packets == 120 && live.statistics[0].delivered == 120)
        }
    }

    @Test("a snapshot while packets come at full rate: nothing is lost for it, and it is whole")
    func snapshot() async throws {
        try await TestNetwork.with { networks in
            let network = networks[0]
            try await network.cable("veth0", "veth1")
            let folder = try TemporaryFolder()
            var ringSettings = RingSettings()
            ringSettings.segmentBytes = 1 << 20
            let ring = try SegmentRing(path: folder.path + "/ring", settings: ringSettings)
            let capture = try await network.onThread {
                var settings = CaptureSettings()
                settings.kernelBufferBytes = 16 << 20
                return try LiveCapture(interfaces: ["veth1"], settings: settings)
            }
            let thread = Task {
                try await network.onThread {
                    var writer = ring.makeWriter()
                    writer.setInterfaces(capture.interfaces)
                    capture.run(into: &writer)
                }
            }
            async let sent = send(network, length: 600, rate: 20_000, count: 40_000)
            var snapshots: [SnapshotResult] = []
            await Wait.until { ring.statistics.packetsWritten > 5_000 }
            for number in 0..<5 {
                let path = folder.path + "/\(number).pcapng"
                var request = SnapshotRequest()
                request.format = .pcapng
                snapshots.append(try SnapshotTaker(ring: ring).take(request, to: path))
                #expect(ring.statistics.segmentsPinned <= 8)
                let numbers = ReadPacket.all(of: path).packets.map {
                    $0.bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 42, as: UInt64.self) }
                }
                #expect(UInt64(numbers.count) == snapshots[number].packets && !numbers.isEmpty)
                // Without a gap unless the kernel dropped something.
                let isUnbroken = zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 }
                #expect(isUnbroken || capture.statistics[0].droppedByKernel > 0)
            }
            #expect(try await sent == 40_000)
            await Wait.until {
                capture.statistics[0].delivered + capture.statistics[0].droppedByKernel == 40_000
            }
            capture.stop()
            try await thread.value
            #expect(ring.statistics.packetsDropped == 0)
            #expect(ring.statistics.packetsWritten == capture.statistics[0].delivered)
        }
    }
}

@Suite("A disk that is full", .enabled(if: getuid() == 0, "needs root to mount one"))
struct DiskFullTests {
    /// Runs `body` with a disk of so many megabytes.
    private func withDisk(_ megabytes: Int, _ body: (String) throws -> Void) async throws {
        let folder = try TemporaryFolder()
        _ = try await Program.run("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "none", folder.path])
        let result = Result { try body(folder.path) }
        _ = try? await Program.run("umount", ["-l", folder.path])
        try result.get()
    }

    @Test("a ring takes what room there is, and none is an error that says so")
    func ring() async throws {
        try await withDisk(6) { path in
            var settings = RingSettings()
            settings.segmentBytes = 1 << 20
            do {
                let ring = try SegmentRing(path: path + "/ring", settings: settings)
                #expect(ring.settings.segmentCount == 4)
            }
            settings.segmentBytes = 2 << 20
            #expect(throws: RingError.diskFull(path: path + "/none", bytes: 65_536 + (8 << 20))) {
                _ = try SegmentRing(path: path + "/none", settings: settings)
            }
        }
    }

    @Test("a disk that fills up later hurts neither the ring nor a snapshot that was there; a new one is refused whole")
    func later() async throws {
        try await withDisk(6) { path in
            var settings = RingSettings()
            settings.segmentCount = 4
            settings.segmentBytes = 1 << 20
            let ring = try SegmentRing(path: path + "/ring", settings: settings)
            var writer = ring.makeWriter()
            writer.setInterfaces([CaptureInterface(name: "eth0", linkType: .ethernet)])
            func write(_ count: Int) {
                let bytes = [UInt8](repeating: 1, count: 1000)
                for number in 0..<count {
                    bytes.withUnsafeBytes {
                        writer.take(
                            CapturedPacket(
                                bytes: $0, time: Int64(number), wireLength: 1000, interface: 0, linkType: .ethernet))
                    }
                }
                writer.flush()
            }
            write(500)
            var request = SnapshotRequest()
            request.format = .pcapng
            let first = try SnapshotTaker(ring: ring).take(request, to: path + "/first.pcapng")
            write(3000)
            #expect(throws: SnapshotError.self) {
                _ = try SnapshotTaker(ring: ring).take(request, to: path + "/second.pcapng")
            }
            let files = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            #expect(files == ["first.pcapng", "ring"])
            #expect(ReadPacket.all(of: path + "/first.pcapng").packets.count == Int(first.packets))
            write(5000)
            #expect(ring.statistics.packetsDropped == 0 && ring.statistics.packetsWritten == 8500)
            #expect(ReadPacket.all(of: path + "/ring").error == nil)
        }
    }
}

enum Wait {
    /// Waits for a condition, with a bound that only a hung machine reaches.
    static func until(_ condition: () async -> Bool) async {
        let deadline = ContinuousClock.now + .seconds(240)
        while await !condition() {
            guard .now < deadline else {
                Issue.record("it did not come")
                return
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
