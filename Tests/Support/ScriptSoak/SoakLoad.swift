internal import Glibc
internal import ScriptRuntime

/// What is done to the engine, and how much of it.
struct SoakLoad {
    private static let batchesPerTick = 4
    private static let itemsPerTick = 20
    private static let podsPerTick = 2

    let engine: ScriptEngine
    private(set) var delivered: [ScriptHook: Int] = [:]
    private(set) var swaps = 0
    private var isGuestHere = false
    private var number = 0

    init(engine: ScriptEngine) { self.engine = engine }

    mutating func begin() async throws {
        for (index, source) in [
            (SoakScripts.traffic, SoakScripts.trafficSource), (SoakScripts.swapped, SoakScripts.swappedSource(0)),
            (SoakScripts.reader, SoakScripts.readerSource), (SoakScripts.unruly, SoakScripts.unrulySource(0)),
        ] { try await load(index, source) }
    }

    /// One tick of events, and the wait until the scripts have them: nothing may be dropped here.
    mutating func deliver() async {
        for _ in 0..<Self.batchesPerTick {
            var batch = PacketBatch(interface: "eth0")
            while !batch.isFull {
                number += 1
                batch.append(
                    seconds: 1_700_000_000 + Int64(number / 1000), nanoseconds: Int32(number % 1000),
                    captureLength: 60 + number % 1400, length: 60 + number % 1400, isFragment: false,
                    route: PacketRoute(source: .init(high: 0, low: UInt64(number)), ipProtocol: 6))
            }
            delivered[.packetCaptured, default: 0] += batch.count
            engine.deliver(batch)
        }
        for _ in 0..<Self.itemsPerTick {
            number += 1
            engine.deliver(
                .itemCaptured(
                    Array(
                        #"{"id":\#(number),"protocol":{"name":"http"},"request":{"path":"/\#(number % 1000)"}}"#.utf8)))
        }
        delivered[.itemCaptured, default: 0] += Self.itemsPerTick
        for pod in 0..<Self.podsPerTick {
            let name = "pod-\((number + pod) % 50)"
            engine.deliver(
                .podEvent(
                    "MODIFIED", pod: Array(#"{"metadata":{"name":"\#(name)","namespace":"soak"}}"#.utf8),
                    change: pod == 0 ? Array(#"{"kind":"oom-killed"}"#.utf8) : nil))
        }
        delivered[.podEvent, default: 0] += Self.podsPerTick
        await engine.untilIdle()
    }

    /// What happens once a second: a swap, a query, and now and then more.
    mutating func swap(second: Int) async {
        switch second % 4 {
        case 0 where second == 0: break
        case 1:
            // The same text again: nothing may happen.
            _ = try? await load(SoakScripts.swapped, SoakScripts.swappedSource(second - 1))
        case 2: _ = try? await load(SoakScripts.swapped, SoakScripts.brokenSource(second))
        default: _ = try? await load(SoakScripts.swapped, SoakScripts.swappedSource(second))
        }
        if second % 10 == 5 { _ = try? await load(SoakScripts.unruly, SoakScripts.unrulySource(second)) }
        if second % 3 == 0 {
            if isGuestHere {
                await engine.unload(SoakScripts.guest)
            } else {
                _ = try? await load(SoakScripts.guest, SoakScripts.guestSource)
            }
            isGuestHere.toggle()
        }
        _ = await engine.query(Array(#"{"id":1}"#.utf8), filter: "http")
        delivered[.itemQueried, default: 0] += 1
    }

    private mutating func load(_ index: Int, _ source: String) async throws {
        let report = try await engine.load(ScriptDefinition(index: index, title: "\(index).js", source: source))
        if report.isNew { swaps += 1 }
    }
}

/// Blocks the thread, as a slow helper does.
func usleepMilliseconds(_ count: UInt32) { usleep(count * 1000) }
