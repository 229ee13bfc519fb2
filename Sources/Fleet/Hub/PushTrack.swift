/// What the hub knows of one worker's set, and whether it has to send something: a state machine without I/O.
///
/// ```text
///            desired ≠ held                    answer of its nonce
///   at rest ───────────────▶ outstanding ─────────────────────────▶ at rest, holds what was sent
///                              │    ▲
///      wrong base: holds what  │    │ at once again; the second time complete;
///      the worker says         └────┘ the third time the connection is given up
/// ```
/// One push at a time: whatever is wanted meanwhile waits, and only the newest of it is sent then. Answers of another
/// nonce change nothing.
struct PushTrack: Sendable {
    /// What has to be done.
    enum Step: Sendable, Equatable {
        case nothing
        /// Send what makes `base` the desired set; nil: all of it. `attempt` tells pushes of one set apart.
        case send(base: FleetManifest?, nonce: String)
        /// Worker and hub do not come together: end the connection.
        case giveUp
    }

    /// What an answer was.
    enum Verdict: Sendable, Equatable {
        case accepted, refused, wrongBase
        /// Of no push that waits for one: a second answer, or one of a connection before.
        case stale
    }

    /// A push without an answer.
    struct Outstanding: Sendable, Equatable {
        let nonce: String
        let target: FleetManifest
    }

    /// What the worker holds, as far as it said.
    private(set) var held: FleetManifest
    /// What of it does not run.
    private(set) var failures: [FleetScriptFailure]
    private(set) var outstanding: Outstanding?
    private var wrongBases = 0

    /// A worker that has just connected.
    init(holding manifest: FleetManifest, failures: [FleetScriptFailure]) {
        held = manifest
        self.failures = failures
    }

    /// What to do so that the worker comes to hold `desired`. Every call may start a push.
    mutating func next(_ desired: FleetManifest, number: Int, hub: String) -> Step {
        guard outstanding == nil, held != desired else { return .nothing }
        guard wrongBases < Self.attempts else { return .giveUp }
        let nonce = wrongBases == 0 ? "\(hub).\(number)" : "\(hub).\(number).\(wrongBases)"
        outstanding = Outstanding(nonce: nonce, target: desired)
        return .send(base: wrongBases < 2 ? held : nil, nonce: nonce)
    }

    private static let attempts = 3

    /// Takes the worker's answer.
    mutating func take(_ answer: PushAnswer) -> Verdict {
        guard let pending = outstanding, pending.nonce == answer.nonce else { return .stale }
        outstanding = nil
        switch answer.outcome {
        case .applied, .refused:
            held = pending.target
            wrongBases = 0
            if case .refused(let reasons) = answer.outcome, !reasons.isEmpty {
                failures = reasons
                return .refused
            }
            failures = []
            return .accepted
        case .wrongBase(let manifest):
            held = manifest
            wrongBases += 1
            return .wrongBase
        }
    }
}
