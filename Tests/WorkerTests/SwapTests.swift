import Glibc
import HTTPTraffic
import JSON
import Testing
import Threading
import Worker

/// Every packet and every item of a capture, counted by who saw it, while scripts are replaced again and again.
@Suite("Scripts that are replaced under load")
struct SwapTests {
    /// Hears of each packet and item which generation saw it.
    private final class Ledger: HubLink {
        struct State: Sendable {
            /// By packet or item: the generations that saw it.
            var sightings: [String: [Int]] = [:]
            var count = 0
            var generation = 0
        }

        let state = Locked(State())
        var count: Int { state.withLock { $0.count } }

        func act(_ action: String, object: [UInt8]?, by script: WorkerScript.Identity) {
            guard let pair = object.flatMap({ try? JSONValue(parsing: $0) })?.array, pair.count == 2,
                let generation = pair[0].integer, let what = pair[1].string
            else { return }
            state.withLock { state in
                state.sightings["\(action) \(what)", default: []].append(Int(generation))
                state.count += 1
            }
        }

        var targets: JSONValue { [:] }
    }

    private static let swaps = 100
    private static let conversations = 900
    private static let requests = 4
    /// Handshake, requests and responses, end.
    private static let packets = conversations * (6 + 2 * requests)
    private static let items = conversations * requests

    private static func script(_ generation: Int) -> WorkerScript {
        WorkerScript(
            index: 0, title: "counter",
            source: """
                function onPacketCaptured(p) { hub.action("packet", [\(generation), p.timestamp]); }
                function onItemCaptured(d) { hub.action("item", [\(generation), d.request.path]); }
                """)
    }

    /// Replaces the script again and again.
    private struct Replacing: WorkerScriptFeed {
        let ledger: Ledger
        let verdicts: Locked<[Bool]>

        func run(_ scripts: WorkerScripts) async throws {
            _ = await scripts.replaceAll([SwapTests.script(0)], environment: ["round": 0])
            for generation in 1...SwapTests.swaps {
                // Every tenth comes with another `env`, which means another engine.
                let outcome = await scripts.replaceAll(
                    [SwapTests.script(generation)], environment: ["round": .integer(Int64(generation / 10))])
                verdicts.withLock { $0 += outcome.map(\.isAck) }
                ledger.state.withLock { $0.generation = generation }
            }
            try await Task.sleep(for: .seconds(3600))
        }
    }

    @Test("over a hundred replacements, each packet and each item is seen by exactly one generation")
    func exactlyOnce() async throws {
        let bench = try WorkerBench()
        // No two packets of one time.
        let traffic = (0..<Self.conversations).map { number in
            HTTPConversation(
                client: "10.0.\(number / 200).\(number % 200 + 1)", port: UInt16(30_000 + number), server: "10.1.0.1",
                start: 1_700_000_000_000_000_000 + Int64(number) * 1_000,
                requests: (0..<Self.requests).map { ("/\(number)/\($0)", 200) })
        }
        // Through a pipe, so that traffic passes all the while: it is two replacements ahead at most.
        let pipe = bench.folder + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        let ledger = Ledger()
        let bytes = HTTPConversation.pcap(traffic)
        signal(SIGPIPE, SIG_IGN)
        try NamedThread.start("feeder") {
            let descriptor = open(pipe, O_WRONLY)
            defer { close(descriptor) }
            var written = 0
            for piece in 1...Self.swaps {
                var waits = 0
                while ledger.state.withLock({ $0.generation }) < piece - 2, waits < 100_000 {
                    usleep(500)
                    waits += 1
                }
                let end = bytes.count * piece / Self.swaps
                while written < end {
                    let count = bytes[written..<end].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                    guard count > 0 else { return }
                    written += count
                }
            }
        }
        let worker = try bench.worker(bench.configuration(files: [pipe]), link: ledger)
        let feed = Replacing(ledger: ledger, verdicts: Locked([]))
        let isComplete = try await bench.run(worker, feed) {
            ledger.count >= Self.packets + Self.items && feed.verdicts.withLock { $0.count } == Self.swaps
        }
        let seen = ledger.state.withLock { $0.sightings }
        #expect(isComplete, "\(ledger.count) of \(Self.packets + Self.items)")
        #expect(feed.verdicts.withLock { $0 } == Array(repeating: true, count: Self.swaps))
        #expect(seen.count { $0.key.hasPrefix("packet ") } == Self.packets)
        #expect(seen.count { $0.key.hasPrefix("item ") } == Self.items)
        let twice = seen.filter { $0.value.count != 1 }
        #expect(twice.isEmpty, "\(twice.prefix(5))")
        // They took over while traffic passed, and not before or after it; the faster the machine, the more of them between
        // two reads from the pipe.
        let generations = Set(seen.values.joined())
        #expect(generations.count > Self.swaps / 5, "\(generations.count)")
        let status = worker.status
        #expect(status.statuses.allSatisfy { $0.dropped == 0 } && status.violations == [])
        #expect(status.traffic.skipped == 0 && status.ring.packetsDropped == 0)
    }
}
