import Testing

@testable import Fleet

/// Both state machines against each other, over a network and a hub that fail at any moment.
@Suite("Hub and worker, whatever happens in between")
struct ConvergenceTests {
    /// Everything that may happen next.
    enum Step: CaseIterable {
        case edit, editBack, breakScript, toWorker, toHub, applied, cut, hubRestarts, workerDies, repeatAnswer
    }

    /// A hub, a worker and what is on its way between them.
    struct World {
        var desired = Samples.set([0: "good 0", 1: "same"])
        var number = 1
        var hub = 0
        var track: PushTrack?
        var link: WorkerLink
        var disk = HeldSet()
        var down: [HubMessage] = []
        var up: [PushAnswer] = []
        var lastAnswer: PushAnswer?
        var session = 0
        var applying: FleetSet?
        /// What the engine runs.
        var runs: [Int: String] = [:]
        var edits = 0
        var isConnecting = false
        var isResting = false
        var problems: [String] = []

        init() {
            link = WorkerLink(holding: HeldSet())
            carryOut(link.handle(.started))
        }

        static func isBroken(_ code: String) -> Bool { code.hasPrefix("bad") }

        mutating func carryOut(_ actions: [WorkerLink.Action]) {
            for action in actions {
                switch action {
                case .connect: isConnecting = true
                case .rest: isResting = true
                case .apply(let set):
                    if applying != nil { problems.append("two sets are tried at a time") }
                    applying = set
                case .save: disk = link.held
                case .answer(let answer): up.append(answer)
                case .connected, .disconnected, .deliver, .name, .perform: break
                }
            }
        }

        mutating func push() {
            let (wanted, count, name) = (desired, number, "h\(hub)")
            switch track?.next(wanted.manifest, number: count, hub: name) {
            case .send(let base, let nonce):
                if down.contains(where: { if case .push = $0 { true } else { false } }) {
                    problems.append("two pushes are under way")
                }
                down.append(.push(FleetPush(from: base, to: wanted, nonce: nonce)))
            case .giveUp: cut()
            case .nothing, nil: break
            }
        }

        mutating func connect() {
            isConnecting = false
            session += 1
            down = [
                .welcome(FleetWelcome(hub: "h\(hub)", session: "s\(session)", heartbeat: .seconds(1)))
            ]
            up = []
            track = PushTrack(holding: link.held.set.manifest, failures: link.held.failures)
            push()
        }

        mutating func cut() {
            guard track != nil else { return }
            track = nil
            down = []
            up = []
            carryOut(link.handle(.ended(reason: "cut", random: 0)))
        }

        mutating func edit(_ code: String) {
            let set = Samples.set([0: code, 1: "same"])
            guard set.revision != desired.revision else { return }
            desired = set
            number += 1
            push()
        }

        mutating func apply() {
            guard let set = applying else { return }
            applying = nil
            var failures: [FleetScriptFailure] = []
            for script in set.scripts {
                if Self.isBroken(script.code) {
                    failures.append(Samples.failure(script.index))
                } else {
                    runs[script.index] = script.code
                }
            }
            carryOut(link.handle(.applied(failures)))
        }

        mutating func take(_ step: Step) {
            switch step {
            case .edit:
                edits += 1
                edit("good \(edits)")
            case .editBack: edit("good 0")
            case .breakScript: edit("bad \(edits)")
            case .toWorker:
                if isConnecting { return connect() }
                if isResting {
                    isResting = false
                    return carryOut(link.handle(.rested))
                }
                if !down.isEmpty { carryOut(link.handle(.received(down.removeFirst()))) }
            case .toHub:
                guard !up.isEmpty else { return }
                let answer = up.removeFirst()
                lastAnswer = answer
                let verdict = track?.take(answer)
                // The number in the nonce tells which edit it was for.
                if verdict != .stale { push() }
            case .repeatAnswer:
                guard let lastAnswer else { return }
                let before = track?.held
                if track?.take(lastAnswer) == .stale, track?.held != before {
                    problems.append("a stale answer counted")
                }
                push()
            case .applied: apply()
            case .cut: cut()
            case .hubRestarts:
                hub += 1
                number = 1
                cut()
            case .workerDies:
                // What the engine ran is gone; the set on the disk runs, before it connects.
                cut()
                applying = nil
                isResting = false
                link = WorkerLink(holding: disk)
                runs = disk.running.scripts.reduce(into: [:]) { $0[$1.index] = $1.code }
                carryOut(link.handle(.started))
            }
        }

        /// Nothing fails any more.
        mutating func settle() {
            for _ in 0..<60 { for step in [Step.toWorker, .applied, .toHub] { take(step) } }
        }

        /// What is wrong at the end.
        var complaints: [String] {
            var found = problems
            if track?.held != desired.manifest { found.append("the hub thinks that the worker holds another set") }
            if link.held.set != desired { found.append("the worker holds another set") }
            if track?.outstanding != nil { found.append("a push is still without answer") }
            if disk != link.held { found.append("what is on the disk is not what is held") }
            if track?.failures != link.held.failures { found.append("hub and worker differ in what was refused") }
            let code = desired.scripts[0].code
            let isRefused = track?.failures.contains { $0.index == 0 } == true
            if isRefused != Self.isBroken(code) { found.append("'\(code)' stands wrong in the matrix") }
            if !Self.isBroken(code), runs[0] != code { found.append("\(runs[0] ?? "nothing") runs, not '\(code)'") }
            if runs.values.contains(where: Self.isBroken) { found.append("a broken script runs") }
            if Self.isBroken(code), runs[0] != link.held.running.scripts.first(where: { $0.index == 0 })?.code {
                found.append("what runs is not the last good version")
            }
            return found
        }
    }

    @Test("after every sequence of three events, from three beginnings, they come together as soon as nothing fails")
    func exhaustive() {
        var sequences = 0
        func explore(_ world: World, _ path: [Step], depth: Int) {
            var end = world
            end.settle()
            sequences += 1
            if !end.complaints.isEmpty { Issue.record("\(end.complaints) after \(path)") }
            guard depth > 0 else { return }
            for step in Step.allCases {
                var next = world
                next.take(step)
                explore(next, path + [step], depth: depth - 1)
            }
        }
        let connected: [Step] = [.toWorker, .toWorker]
        let applying: [Step] = connected + [.toWorker]
        for prefix in [[], connected, applying] as [[Step]] {
            var world = World()
            for step in prefix { world.take(step) }
            explore(world, prefix, depth: 3)
        }
        #expect(sequences == 3 * 1_111)
    }

    @Test("also after long random sequences", arguments: 0..<40)
    func random(_ seed: UInt64) {
        var generator = SplitMix(state: seed)
        var world = World()
        for round in 0..<20 {
            var path: [Step] = []
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                guard let step = Step.allCases.randomElement(using: &generator) else { continue }
                path.append(step)
                world.take(step)
            }
            world.settle()
            guard world.complaints.isEmpty else {
                return #expect(Bool(false), "seed \(seed), round \(round): \(world.complaints) after \(path)")
            }
        }
    }
}

/// Repeatable random numbers.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
