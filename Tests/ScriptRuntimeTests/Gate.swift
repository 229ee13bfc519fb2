@testable import ScriptRuntime

/// A helper that blocks until a test lets it go.
final class Gate: Sendable {
    private struct State {
        var entered = 0
        var isOpen = false
    }

    private let monitor = Monitor(State())

    /// Blocks the helper's thread.
    func wait() -> ScriptValue {
        monitor.change { $0.entered += 1 }
        let isOpen: Bool? = monitor.wait(until: .now + .seconds(240)) { $0.isOpen ? true : nil }
        return .json(.boolean(isOpen == true))
    }

    func open() { monitor.change { $0.isOpen = true } }

    var entered: Int { monitor.read { $0.entered } }

    /// Waits until a script is inside; the bound is one that only a hung machine reaches.
    func untilEntered(_ count: Int = 1) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(240)
        while entered < count {
            guard .now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}
