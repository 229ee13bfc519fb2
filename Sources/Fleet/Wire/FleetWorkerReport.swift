internal import JSON

/// How a worker does: its scripts, and what it counted.
package struct FleetWorkerReport: Sendable, Equatable {
    /// How one script does.
    package struct Script: Sendable, Equatable {
        package let index: Int
        /// `running`, `outdated`, `rejected`, `quarantined`.
        package let state: String
        /// Calls of hooks, those that failed, and those that were dropped, since the script was loaded.
        package let calls: Int
        package let failures: Int
        package let dropped: Int
        /// Its latest failure, or why it rests.
        package let error: String?
        /// The revision that runs; nil: none does.
        package let revision: String?
        /// What 99 of 100 calls of its hooks did not exceed, in microseconds.
        package let p99: Int?

        package init(
            index: Int, state: String, calls: Int, failures: Int, dropped: Int, error: String?, revision: String? = nil,
            p99: Int? = nil
        ) {
            self.revision = revision
            self.p99 = p99
            self.index = index
            self.state = state
            self.calls = calls
            self.failures = failures
            self.dropped = dropped
            self.error = error
        }
    }

    package var scripts: [Script]
    /// Numbers by name, such as packets seen and dropped, lines shed.
    package var counters: [String: Int]
    /// What is wrong on this worker, in sentences.
    package var problems: [String]

    package init(scripts: [Script] = [], counters: [String: Int] = [:], problems: [String] = []) {
        self.scripts = scripts
        self.counters = counters
        self.problems = problems
    }

    /// A worker's hub keeps no more of it.
    private static let limit = 1_000

    init(_ value: JSONValue) {
        func number(_ value: JSONValue?) -> Int { value?.integer.flatMap { Int(exactly: $0) } ?? 0 }
        scripts = (value["scripts"]?.array ?? []).prefix(Self.limit).compactMap { script in
            guard let index = script["index"]?.integer.flatMap({ Int(exactly: $0) }) else { return nil }
            return Script(
                index: index, state: script["state"]?.string ?? "", calls: number(script["calls"]),
                failures: number(script["failures"]), dropped: number(script["dropped"]),
                error: script["error"]?.string.map { String($0.prefix(500)) },
                revision: script["revision"]?.string.map { String($0.prefix(64)) },
                p99: script["p99"]?.integer.flatMap { Int(exactly: $0) })
        }
        counters = [:]
        for (name, count) in (value["counters"]?.object ?? [:]).prefix(100) { counters[name] = number(count) }
        problems = (value["problems"]?.array ?? []).prefix(10).compactMap { $0.string.map { String($0.prefix(500)) } }
    }

    var json: JSONValue {
        var numbers: JSONValue = [:]
        for (name, count) in counters.sorted(by: { $0.key < $1.key }) { numbers[name] = .integer(Int64(count)) }
        return [
            "type": "status",
            "scripts": .array(
                scripts.map { script in
                    var value: JSONValue = [
                        "index": .integer(Int64(script.index)), "state": .string(script.state),
                        "calls": .integer(Int64(script.calls)), "failures": .integer(Int64(script.failures)),
                        "dropped": .integer(Int64(script.dropped)),
                    ]
                    value["error"] = script.error.map(JSONValue.string)
                    value["revision"] = script.revision.map(JSONValue.string)
                    value["p99"] = script.p99.map { .integer(Int64($0)) }
                    return value
                }),
            "counters": numbers, "problems": .array(problems.map(JSONValue.string)),
        ]
    }
}
