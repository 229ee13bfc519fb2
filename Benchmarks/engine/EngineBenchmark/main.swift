import Glibc

/// `EngineBenchmark WHAT [NUMBER]`: one figure of the script engine a process, as JSON; `Benchmarks/engine/run` and
/// `Benchmarks/soak` start it.
let arguments = CommandLine.arguments.dropFirst()
let number = arguments.dropFirst().last.flatMap { Int($0) }

do {
    switch arguments.first {
    case "packets": try await PacketRate(packets: number ?? 200_000_000).run()
    case "call": try await CallLatency(calls: number ?? 20_000).run()
    case "swap": try await SwapLatency(swaps: number ?? 200).run()
    case "memory": try await IdleMemory(scripts: number ?? 100).run()
    case "soak": exit(try await SoakCommand(seconds: number ?? 600).run() ? 0 : 1)
    default:
        print("usage: EngineBenchmark packets|call|swap|memory|soak [NUMBER]")
        exit(2)
    }
} catch {
    print("\(error)")
    exit(1)
}
