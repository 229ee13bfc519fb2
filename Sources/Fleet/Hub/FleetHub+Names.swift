internal import HTTPServer

/// Whose addresses are, for all workers.
extension FleetHub {
    /// Tells workers whose addresses are now. Call it in the order in which it became so.
    package func update(names news: [FleetNameNews]) {
        if names.withLock({ $0.update(news) }) { wakeWorkers() }
    }

    /// Everything that there is was told of by now, in milliseconds since 1970: only then workers that know the names of
    /// before can be told what is left of them.
    package func completeNames(at time: Int64) {
        names.withLock { $0.complete(at: time) }
        wakeWorkers()
    }

    private func wakeWorkers() {
        state.withLock { state in
            for worker in state.workers.values { worker.session?.signal.yield() }
        }
    }

    /// How it stands with names, for a status page.
    package var nameStatus: FleetNameStatus {
        names.withLock { log in
            FleetNameStatus(
                counts: Dictionary(uniqueKeysWithValues: FleetName.Kind.allCases.map { ($0, log.count($0)) }),
                leftOut: log.leftOutCount, isComplete: log.isComplete, changes: log.counters.changes,
                tables: log.counters.tables, encodedTables: log.counters.encodedTables,
                lines: log.counters.lines)
        }
    }

    /// The next line about names for a connection, unless it ends.
    func nextNames(_ name: String, _ session: String, _ track: inout NameTrack) -> HTTPBodyPiece? {
        let goesOn = state.withLock { state in
            state[name]?.session.map { $0.id == session && !$0.isEnding } ?? false
        }
        return goesOn ? names.withLock { $0.next(&track) } : nil
    }
}

/// How it stands with names.
package struct FleetNameStatus: Sendable, Equatable {
    /// Addresses with a name, by kind.
    package let counts: [FleetName.Kind: Int]
    /// Addresses beyond the limit, which have none.
    package let leftOut: Int
    /// Workers are told: what there was at the beginning is all known.
    package let isComplete: Bool
    /// Addresses that got another name, a first one or none.
    package let changes: Int
    /// Tables that workers were begun to be sent, and how often one was encoded.
    package let tables: Int
    package let encodedTables: Int
    /// Lines that workers were sent.
    package let lines: Int
}
