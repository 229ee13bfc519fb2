/// Why a real API server for a test could not be had or handled.
package enum ControlPlaneError: Error, CustomStringConvertible {
    /// `Tests/cluster/control-plane` failed.
    case commandFailed(command: String, status: String, message: String)

    /// `REMORA_REQUIRE_CLUSTER=1` is set, and programs are missing.
    case requiredButUnavailable(reason: String)

    /// The system gave no folder for an instance.
    case noTemporaryFolder(template: String, errorNumber: Int32)

    /// Says what failed, and what the script had to say about it.
    package var description: String {
        switch self {
        case .commandFailed(let command, let status, let message):
            "'control-plane \(command)' failed (\(status)): \(message)"
        case .requiredButUnavailable(let reason):
            "REMORA_REQUIRE_CLUSTER=1 wants the tests with a real API server to run, but: \(reason)"
        case .noTemporaryFolder(let template, let errorNumber):
            "no folder \(template) can be made (errno \(errorNumber)): check TMPDIR and the space there"
        }
    }
}
