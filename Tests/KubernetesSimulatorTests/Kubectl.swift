import Glibc
import ProcessInput
import Subprocess

/// Runs the kubectl of this machine against a simulator, with no configuration and no caches but its own.
struct Kubectl: Sendable {
    /// What a run printed, and how it ended.
    struct Outcome: Sendable, Equatable {
        let output: String
        let error: String
        let isSuccess: Bool
    }

    /// The first kubectl of those that a developer may have; nil if there is none.
    static let path: String? = candidates().first { access($0, X_OK) == 0 }

    let server: String

    func run(_ arguments: String..., input: String = "", editor: String = "false") async throws -> Outcome {
        let fixed = ["--server", server, "--cache-dir", "/dev/null/none"]
        let result = try await Subprocess.run(
            .path(.init(Self.path ?? "kubectl")), arguments: Arguments(arguments + fixed),
            environment: .inherit.updating(["KUBECONFIG": "/dev/null", "EDITOR": editor, "KUBE_EDITOR": editor]),
            input: try .text(input), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return Outcome(
            output: result.standardOutput, error: result.standardError,
            isSuccess: result.terminationStatus.isSuccess)
    }

    private static func candidates() -> [String] {
        var candidates: [String] = []
        if let path = variable("KUBECTL") { candidates.append(path) }
        if let folder = variable("KUBEBUILDER_ASSETS") { candidates.append("\(folder)/kubectl") }
        if let home = variable("HOME") { candidates += matches("\(home)/.cache/remora-k8s/*/kubectl") }
        candidates += (variable("PATH") ?? "").split(separator: ":").map { "\($0)/kubectl" }
        return candidates
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func matches(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }
}
