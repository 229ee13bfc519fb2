/// An endless, repeatable series of things that go wrong and are put right again.
///
/// Steps alternate: a disturbance, then the recovery from it, each followed by a pause. The same seed gives the same
/// series; a test that fails prints the schedule.
package struct FaultSchedule: Sequence, IteratorProtocol, Sendable, CustomStringConvertible {
    /// What is done to a proxy.
    package enum Action: Sendable, Equatable {
        /// Starts a fault, in its usual direction.
        case inject(Fault, Scope)
        /// Refuses new connections.
        case refuseConnections
        /// Takes all faults away and accepts connections again.
        case recover
    }

    /// An action and the pause after it.
    package struct Step: Sendable, Equatable {
        /// What is done.
        package let action: Action
        /// For how long it is left so.
        package let pause: Duration
    }

    /// What the series began with.
    package let seed: UInt64
    private let disturbances: ClosedRange<Duration>
    private let rests: ClosedRange<Duration>
    private var generator: SeededGenerator
    private var isDisturbed = false

    /// The series of a seed.
    ///
    /// - Parameters:
    ///   - disturbances: how long things stay wrong.
    ///   - rests: how long all is well in between.
    package init(
        seed: UInt64 = .random(in: .min ... .max),
        disturbances: ClosedRange<Duration> = .milliseconds(20)...(.milliseconds(300)),
        rests: ClosedRange<Duration> = .milliseconds(20)...(.milliseconds(300))
    ) {
        self.seed = seed
        self.disturbances = disturbances
        self.rests = rests
        generator = SeededGenerator(seed: seed)
    }

    /// How to get the same series again.
    package var description: String { "FaultSchedule(seed: \(seed))" }

    /// The next step; there always is one.
    package mutating func next() -> Step? {
        isDisturbed.toggle()
        let action = isDisturbed ? disturbance() : .recover
        return Step(action: action, pause: duration(in: isDisturbed ? disturbances : rests))
    }

    /// Any fault but a flipped byte, which no client can be asked to notice in plain text.
    private mutating func disturbance() -> Action {
        let scope: Scope = [.existing, .all].randomElement(using: &generator) ?? .all
        return switch Int.random(in: 0..<9, using: &generator) {
        case 0: .inject(.freeze, scope)
        case 1: .inject(.blackhole, .existing)
        case 2: .inject(.reset(afterBytes: Int.random(in: 0...20_000, using: &generator)), scope)
        case 3: .inject(.close(afterBytes: Int.random(in: 0...20_000, using: &generator)), scope)
        case 4: .inject(.slice(to: Int.random(in: 1...7, using: &generator)), scope)
        case 5: .inject(.delay(.milliseconds(Int.random(in: 1...200, using: &generator))), scope)
        case 6: .inject(.throttle(bytesPerSecond: Int.random(in: 1_000...100_000, using: &generator)), scope)
        case 7: .inject(.reset(afterBytes: 0), .existing)
        default: .refuseConnections
        }
    }

    private mutating func duration(in range: ClosedRange<Duration>) -> Duration {
        let width = range.upperBound - range.lowerBound
        return range.lowerBound + width * Double.random(in: 0...1, using: &generator)
    }
}

extension FaultProxy {
    /// Goes through the first steps of a schedule; an even number ends with all being well.
    package func follow(_ schedule: FaultSchedule, steps: Int) async throws {
        for step in schedule.prefix(steps) {
            switch step.action {
            case .inject(let fault, let scope): try await inject(fault, on: scope)
            case .refuseConnections: try await refuseConnections()
            case .recover:
                try await heal()
                try await acceptConnections()
            }
            try await Task.sleep(for: step.pause)
        }
    }
}
