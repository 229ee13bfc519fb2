import ScriptSoak
import Testing

@Suite("Soak")
struct SoakTests {
    /// The short form of `Benchmarks/soak`, in a process of its own because the other tests have threads and memory too.
    /// Twenty seconds are too few for a heap to find its size: hence the slack; what leaks grows by more.
    @Test("twenty seconds of events, jobs, timers and swaps lose no call and leave nothing behind")
    func soak() async throws {
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            var soak = ScriptSoak(duration: .seconds(20))
            soak.memorySlack = 24 << 20
            soak.threadSlack = 3
            let report = try await soak.run()
            for problem in report.problems { print(problem) }
            let (events, swaps) = (report.events, report.samples.last?.swaps ?? 0)
            if swaps < 10 || events.refusals < 4 || events.stopped < 2 || events.failures < 1 {
                print("the load was not what it should be: \(swaps) swaps, \(events)")
            }
            #expect(report.samples.count >= 8)
        }
        #expect(result.map { String(decoding: $0.standardOutputContent, as: UTF8.self) } == "")
    }
}
