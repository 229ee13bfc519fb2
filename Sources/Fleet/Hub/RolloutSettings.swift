package import JSON

/// How a set goes out to the workers: in which stages, and what each has to show.
package struct RolloutSettings: Sendable, Hashable {
    /// How many workers a stage has, those of the stages before included.
    package enum Share: Sendable, Hashable, CustomStringConvertible {
        case workers(Int)
        case percent(Double)

        /// Reads `3` or `10%`; nil if it is none of both.
        package init?(_ text: String) {
            if text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent <= 100 {
                self = .percent(percent)
            } else if let count = Int(text), count > 0 {
                self = .workers(count)
            } else {
                return nil
            }
        }

        package var description: String {
            switch self {
            case .workers(let count): "\(count)"
            case .percent(let percent): percent == percent.rounded() ? "\(Int(percent))%" : "\(percent)%"
            }
        }

        /// Of so many workers, at least one.
        func count(of total: Int) -> Int {
            switch self {
            case .workers(let count): min(count, total)
            case .percent(let percent): min(total, max(1, Int((Double(total) * percent / 100).rounded(.up))))
            }
        }
    }

    /// The stages before everybody; empty: everybody at once.
    package var stages: [Share] = []
    /// How long each canary runs the set without trouble.
    package var period: Duration = .seconds(30)
    /// How many calls of a script may fail, or be dropped, on a canary.
    package var allowedErrors = 0

    package init() {}
}

/// How a roll-out stands.
package struct FleetRolloutStatus: Sendable, Equatable {
    package enum Phase: Sendable, Equatable {
        /// The newest set is for everybody.
        case settled
        /// Canaries try it: the number of the stage from 1 on, of how many, and its size.
        case stage(number: Int, of: Int, size: String)
        /// It was taken back, and why.
        case takenBack(String)
    }

    package let phase: Phase
    /// The newest set, and the last one that went out to all; nil: not known.
    package let revision: String
    package let accepted: String?
    /// The workers that try it, or did.
    package let canaries: [String]

    /// For programs.
    package var json: JSONValue {
        var value: JSONValue = ["revision": .string(revision)]
        switch phase {
        case .settled: value["phase"] = "settled"
        case .stage(let number, let count, let size):
            value["phase"] = "stage"
            value["stage"] = .integer(Int64(number))
            value["stages"] = .integer(Int64(count))
            value["size"] = .string(size)
        case .takenBack(let reason):
            value["phase"] = "taken-back"
            value["reason"] = .string(reason)
        }
        value["accepted"] = accepted.map(JSONValue.string)
        if !canaries.isEmpty { value["canaries"] = .array(canaries.prefix(20).map(JSONValue.string)) }
        return value
    }
}
