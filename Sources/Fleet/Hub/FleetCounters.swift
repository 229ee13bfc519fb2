/// What the hub's end has counted.
package struct FleetCounters: Sendable, Equatable {
    package var connects = 0
    package var disconnects = 0
    /// Workers that were cut off because they were silent or too slow.
    package var cutOff = 0
    package var pushes = 0
    package var accepted = 0
    package var refused = 0
    package var wrongBases = 0
    /// Answers of no push that waited for one.
    package var staleAnswers = 0
    package var reports = 0
    /// Reports that came again, and were not taken again.
    package var repeatedReports = 0
    package var podEvents = 0
    /// Workers that came back and were sent just what they missed, and those that were told of all pods.
    package var replays = 0
    package var sweeps = 0
    package var consoleLines = 0
    package var actions = 0

    package init() {}
}
