internal import Glibc

extension ControlPlane {
    /// Whether tests with a real API server can run here: for `.enabled(_:_:)` of a suite or test.
    ///
    /// - Throws: ``ControlPlaneError/requiredButUnavailable(reason:)`` where `REMORA_REQUIRE_CLUSTER=1` is set, as
    ///   `make test` does, so that what was to be tested is not skipped without a word.
    package static func isAvailable() async throws -> Bool {
        guard let reason = await unavailabilityReason() else { return true }
        let required = getenv("REMORA_REQUIRE_CLUSTER").map { String(cString: $0) } == "1"
        if required { throw ControlPlaneError.requiredButUnavailable(reason: reason) }
        return false
    }

    /// What is missing for a real API server; nil if nothing is.
    package static func unavailabilityReason() async -> String? {
        do {
            _ = try await ControlPlaneScript.run(["check"])
            return nil
        } catch ControlPlaneError.commandFailed(_, _, let message) {
            return message
        } catch {
            return "\(error)"
        }
    }
}
