import ScriptRuntime

/// How many packets a second reach the packet counter, by the way that captured packets take: batches, the script's queue,
/// its thread, the hook.
struct PacketRate {
    let packets: Int

    /// As many batches as a script's queue surely takes wait at once; then the scripts catch up.
    private static let batchesAtOnce = 128
    private static let scriptPath = "Benchmarks/packets/counter.js"

    func run() async throws {
        // Packets with nothing but lengths and times; packets with addresses, as from a capture; batches made on the way.
        let plain = try await rate(routed: false, isMadeOnTheWay: false)
        let routed = try await rate(routed: true, isMadeOnTheWay: false)
        let made = try await rate(routed: true, isMadeOnTheWay: true)
        print("{\"plain\": \(plain), \"routed\": \(routed), \"made\": \(made)}")
    }

    private func rate(routed: Bool, isMadeOnTheWay: Bool) async throws -> String {
        ScriptEngine.prepareProcess()
        let console = Console()
        let engine = ScriptEngine(sink: console)
        try await engine.load(
            ScriptDefinition(index: 0, title: "counter.js", source: try text(of: Self.scriptPath)))
        let batches = (0..<16).map { Self.batch($0, routed: routed) }
        try await deliver(batches, count: 1_000_000, routed: routed, isMadeOnTheWay, to: engine)

        let (start, cpu) = (nanoseconds(), processorNanoseconds())
        try await deliver(batches, count: packets, routed: routed, isMadeOnTheWay, to: engine)
        let (elapsed, used) = (nanoseconds() - start, processorNanoseconds() - cpu)

        engine.runJobs()
        let total = packets.rounded(to: PacketBatch.capacity) + 1_000_000.rounded(to: PacketBatch.capacity)
        // At the turn of a minute the script has reported by itself, too early.
        let isComplete = await console.until { $0.contains { $0.hasPrefix("\(total) packets,") } }
        let status = engine.statuses.first
        await engine.shutdown()
        guard isComplete, status?.dropped == 0 else {
            throw Failed("the script did not count \(total) packets: \(console.all), dropped \(status?.dropped ?? -1)")
        }
        let rate = Double(packets) / Double(elapsed) * 1e9
        return "{\"packets a second\": \(rate.rounded()), \"CPU ns a packet\": \(Double(used) / Double(packets))}"
    }

    private func deliver(
        _ batches: [PacketBatch], count: Int, routed: Bool, _ isMadeOnTheWay: Bool, to engine: ScriptEngine
    ) async throws {
        for number in 0..<count.rounded(to: PacketBatch.capacity) / PacketBatch.capacity {
            if number % Self.batchesAtOnce == 0 { await engine.untilIdle() }
            engine.deliver(
                isMadeOnTheWay ? Self.batch(number, routed: routed) : batches[number % batches.count])
        }
        await engine.untilIdle()
    }

    private static func batch(_ number: Int, routed: Bool) -> PacketBatch {
        var batch = PacketBatch(interface: routed ? "eth0" : nil)
        for row in 0..<PacketBatch.capacity {
            let length = 60 + (number * 7919 + row * 31) % 1455
            batch.append(
                seconds: 1_700_000_000 + Int64(number), nanoseconds: Int32(row), captureLength: length, length: length,
                isFragment: false,
                route: routed
                    ? PacketRoute(
                        source: .init(high: 0, low: 0xffff_0a00_0001), destination: .init(high: 0, low: UInt64(row)),
                        sourcePort: 443, destinationPort: UInt16(row), ipProtocol: 6) : nil)
        }
        return batch
    }
}

extension Int {
    /// Up to a multiple.
    fileprivate func rounded(to unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
