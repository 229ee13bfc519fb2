import Glibc
import RecordingServer
import ScriptRuntime
import Testing
import Threading

@testable import ScriptHelpers

/// Figures, not promises: `REMORA_BENCH=1 swift test -c release --filter ScriptHelpersTests.LoadTests`.
@Suite("Load", .serialized, .enabled(if: getenv("REMORA_BENCH") != nil))
struct LoadTests {
    /// Kilobytes of memory, now (`VmRSS`) or at most since it was last reset (`VmHWM`).
    private static func memory(_ field: String) -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if text.hasPrefix(field + ":") { return Int(text.filter(\.isNumber)) ?? 0 }
        }
        return 0
    }

    @Test("an upload of 200 MB takes no memory of its size")
    func upload() async throws {
        try await ServerProcess.run(
            "moto_server", arguments: { port, _ in ["-H", "127.0.0.1", "-p", String(port)] }
        ) { server in
            let bench = try HelperBench(
                process: ["AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"])
            _ = try await ServerProcess.output(
                "sh",
                [
                    "-c",
                    "curl -sS -X PUT \"$1\"/bucket -H \"$2\"; head -c 200000000 /dev/urandom > \"$0\"/data/big; head -c 1000 /dev/urandom > \"$0\"/data/small",
                    bench.folder, server.url,
                    "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request",
                ])
            try await bench.load("vendor.s3.put('bucket', 'small', 'us-east-1');")
            try ServerProcess.write("5", to: "/proc/self/clear_refs")
            let before = Self.memory("VmRSS")
            let start = ContinuousClock.now
            try await bench.load("console.log(vendor.s3.put('bucket', 'big', 'us-east-1'));", index: 1)
            let peak = Self.memory("VmHWM")
            print("upload of 200 MB: \(ContinuousClock.now - start), memory before \(before) kB, at most \(peak) kB")
            #expect(bench.console.last?.hasSuffix("/big") == true)
            #expect(peak - before < 32 << 10)
            await bench.end()
        }
    }

    @Test("1,000 webhooks at a time, from jobs, beside a packet hook")
    func webhooks() async throws {
        try await RecordingServer.run(keepsRequests: false) { _ in
            var answer = RecordingServer.Answer()
            answer.delay = .seconds(3)
            return answer
        } _: { server in
            let bench = try HelperBench { $0.outbox.concurrency = 1000 }
            try await bench.load("var n = 0; function onPacketCaptured(info) { n += info.length; }")
            try await bench.load(
                """
                jobs.schedule("w", "* * * * * *", function () {
                    for (var i = 0; i < 1000; i++) vendor.webhook.later("POST", "\(server.url)/" + i, "x");
                    console.log(vendor.webhook("POST", "\(server.url)/waiting", "x") === "");
                }, 1);
                jobs.scheduler.stop();
                """, index: 1)
            var batch = PacketBatch()
            while !batch.isFull {
                batch.append(seconds: 1, nanoseconds: 0, captureLength: 64, length: 64, isFragment: false)
            }
            var delivered = 0
            func rate(_ duration: Duration) async -> Int {
                let start = ContinuousClock.now
                var count = 0
                defer { delivered += count }
                while .now - start < duration {
                    for _ in 0..<16 { bench.engine.deliver(batch) }
                    count += 16 * batch.count
                    // Not until all is idle: the job waits for its answers.
                    while bench.engine.statuses[0].calls[.packetCaptured] != delivered + count {
                        try? await Task.sleep(for: .microseconds(200))
                    }
                }
                return count
            }
            _ = await rate(.seconds(1))
            let before = await rate(.seconds(2))
            try await bench.load("jobs.scheduler.start(); jobs.run('w');", index: 2)
            #expect(await bench.until { $0.helpers.outbox.pending == 1000 })
            let during = await rate(.seconds(2))
            let after = await rate(.seconds(2))
            #expect(await bench.until { $0.helpers.outbox.pending == 0 && $0.console.contains("true") })
            print(
                "packets/s before \(before / 2), during \(during / 2), after \(after / 2); at once: \(server.mostAtOnce)"
            )
            #expect(server.mostAtOnce >= 1000)
            #expect(bench.engine.statuses.map(\.dropped) == [0, 0, 0])
            await bench.end()
        }
    }
}
