package import ScriptRuntime

/// What a soak found, and what is wrong with it.
package struct SoakReport: Sendable {
    package let before: ProcessFigures
    package let samples: [SoakSample]
    /// After the engine was shut down.
    package let after: ProcessFigures
    package let delivered: [ScriptHook: Int]
    package let statuses: [ScriptStatus]
    package let events: SoakEvents
    let memoryGrowth: Double
    let memorySlack: Int
    let threadSlack: Int

    /// The second quarter of the samples: the first one warms up.
    package var early: [ProcessFigures] { part(1) }
    /// The last quarter.
    package var late: [ProcessFigures] { part(3) }

    /// What did not stay the same, or was lost; empty if all is well.
    package var problems: [String] {
        guard samples.count >= 8 else { return ["only \(samples.count) samples: the soak was too short"] }
        return growth + losses
    }

    private var growth: [String] {
        var problems: [String] = []
        let memory = (Self.median(early.map(\.anonymousBytes)), Self.median(late.map(\.anonymousBytes)))
        let limit = Int(Double(memory.0) * (1 + memoryGrowth)) + memorySlack
        if memory.1 > limit {
            problems.append("memory grew from \(memory.0 >> 10) to \(memory.1 >> 10) KB; \(limit >> 10) would be flat")
        }
        let threads = (early.map(\.threads).max() ?? 0, late.map(\.threads).max() ?? 0)
        if threads.1 > threads.0 + threadSlack { problems.append("threads grew from \(threads.0) to \(threads.1)") }
        let descriptors = (early.map(\.descriptors).max() ?? 0, late.map(\.descriptors).max() ?? 0)
        // The library opens one for each thread that it starts, and closes it some time after that.
        if descriptors.1 > descriptors.0 + threadSlack {
            problems.append("descriptors grew from \(descriptors.0) to \(descriptors.1)")
        }
        return problems
    }

    /// The scripts that stayed all the time must have had every event, also the one that was replaced every second.
    private var losses: [String] {
        var problems = events.quarantines.map { "in quarantine: \($0)" }
        for (index, hooks) in [
            (SoakScripts.traffic, [ScriptHook.packetCaptured, .itemCaptured, .podEvent, .itemQueried]),
            (SoakScripts.swapped, [.packetCaptured, .itemCaptured]), (SoakScripts.reader, [.podEvent]),
        ] {
            guard let status = statuses.first(where: { $0.script.index == index }) else {
                problems.append("script \(index) is gone")
                continue
            }
            if status.dropped > 0 { problems.append("script \(index) lost \(status.dropped) calls") }
            for hook in hooks where status.calls[hook] != delivered[hook] {
                problems.append(
                    "script \(index) had \(status.calls[hook] ?? 0) calls of \(hook.rawValue), not \(delivered[hook] ?? 0)"
                )
            }
        }
        return problems
    }

    private func part(_ number: Int) -> [ProcessFigures] {
        samples[samples.count * number / 4..<samples.count * (number + 1) / 4].map(\.figures)
    }

    static func median(_ values: [Int]) -> Int { values.sorted()[values.count / 2] }
}
