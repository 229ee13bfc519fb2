import FaultProxy
import Testing

@Suite("Fault schedules")
struct FaultScheduleTests {
    @Test("a seed gives the same series again, another seed another one")
    func repeatable() {
        let first = Array(FaultSchedule(seed: 42).prefix(200))
        #expect(first == Array(FaultSchedule(seed: 42).prefix(200)))
        #expect(first != Array(FaultSchedule(seed: 43).prefix(200)))
    }

    @Test("every second step is the recovery, and pauses stay in their ranges")
    func alternates() {
        let schedule = FaultSchedule(
            seed: 7, disturbances: .milliseconds(5)...(.milliseconds(6)), rests: .milliseconds(1)...(.milliseconds(2)))
        for (index, step) in schedule.prefix(100).enumerated() {
            #expect((step.action == .recover) == (index % 2 == 1))
            let range: ClosedRange<Duration> =
                index % 2 == 1 ? .milliseconds(1)...(.milliseconds(2)) : .milliseconds(5)...(.milliseconds(6))
            #expect(range.contains(step.pause))
        }
    }

    @Test("all kinds of disturbance come up, but for flipped bytes")
    func allKinds() {
        let kinds = Set(FaultSchedule(seed: 1).prefix(400).map { kind(of: $0.action) })
        #expect(
            kinds == ["recover", "refuse", "freeze", "blackhole", "reset", "close", "slice", "delay", "throttle"])
    }

    @Test("its description says how to get it again")
    func describesItself() {
        #expect("\(FaultSchedule(seed: 12345))" == "FaultSchedule(seed: 12345)")
    }

    @Test("after a schedule was followed, all is well", arguments: [1, 2, 3] as [UInt64])
    func follow(seed: UInt64) async throws {
        try await Bench.run { bench in
            let schedule = FaultSchedule(
                seed: seed, disturbances: .milliseconds(1)...(.milliseconds(5)),
                rests: .milliseconds(1)...(.milliseconds(5)))
            // Traffic that is disturbed; what becomes of it is not the matter here.
            let (client, server) = try await bench.connection()
            async let noise: Void? = try? server.send([UInt8](repeating: 1, count: 100_000))
            try await bench.proxy.follow(schedule, steps: 40)
            client.endWithReset()
            _ = await noise

            let (newClient, newServer) = try await bench.connection()
            try await newServer.send("well")
            #expect(try await newClient.receiveText(like: "well") == "well", "\(schedule)")
        }
    }

    private func kind(of action: FaultSchedule.Action) -> String {
        switch action {
        case .recover: "recover"
        case .refuseConnections: "refuse"
        case .inject(.freeze, _): "freeze"
        case .inject(.blackhole, _): "blackhole"
        case .inject(.reset, _): "reset"
        case .inject(.close, _): "close"
        case .inject(.slice, _): "slice"
        case .inject(.delay, _): "delay"
        case .inject(.throttle, _): "throttle"
        case .inject(.flipByte, _): "flipByte"
        }
    }
}
