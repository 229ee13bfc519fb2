import Testing

/// Waits until a condition holds; four minutes are for slow machines that build beside the tests.
func eventually(
    within patience: Duration = .seconds(240), _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + patience
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("never came true within \(patience): \(what)", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(10))
    }
}
