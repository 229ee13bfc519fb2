import Testing

/// Waits until a condition holds; fails the test if it does not within half a minute, which a loaded machine may need.
func eventually(
    _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(240)
    while !(await condition()) {
        try #require(clock.now < deadline, what, sourceLocation: sourceLocation)
        try await Task.sleep(for: .milliseconds(5))
    }
}
