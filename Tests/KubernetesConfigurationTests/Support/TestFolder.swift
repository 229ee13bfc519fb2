import FoundationEssentials
import Glibc
import KubernetesConfiguration

/// A folder of a test's own that goes away with it.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/remora-configuration-XXXXXX".utf8CString)
        guard let created = mkdtemp(&template) else { throw FileProblemInTest(path: "/tmp", errorNumber: errno) }
        // The system may have reached it by a link.
        path = String(cString: created)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    struct FileProblemInTest: Error {
        let path: String
        let errorNumber: Int32
    }

    /// Writes a file, and the folders above it, and returns its absolute path.
    @discardableResult func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
        let file = "\(path)/\(name)"
        if let slash = file.lastIndex(of: "/") {
            try FileManager.default.createDirectory(
                atPath: String(file[..<slash]), withIntermediateDirectories: true)
        }
        // In one step, so that a reader sees the old file or the new one.
        let draft = "\(file).draft"
        guard let stream = fopen(draft, "w") else { throw FileProblemInTest(path: draft, errorNumber: errno) }
        fputs(text, stream)
        fclose(stream)
        guard chmod(draft, mode) == 0, rename(draft, file) == 0 else {
            throw FileProblemInTest(path: file, errorNumber: errno)
        }
        return file
    }

    /// Writes a shell script that can be run.
    @discardableResult func script(_ name: String, _ body: String) throws -> String {
        try write(name, "#!/bin/sh\n\(body)\n", mode: 0o700)
    }

    func read(_ name: String) -> String? {
        FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) }
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    /// Makes the link `name` lead to `target`, in one step as the kubelet does.
    func link(_ name: String, to target: String) throws {
        let draft = "\(path)/\(name).draft"
        guard symlink(target, draft) == 0, rename(draft, "\(path)/\(name)") == 0 else {
            throw FileProblemInTest(path: draft, errorNumber: errno)
        }
    }

    /// A host whose home, service account and working folder lie here, and that has nothing else.
    func host(
        _ variables: [String: String] = [:], clock: HostClock = .system, hasTerminal: Bool = false
    ) -> HostEnvironment {
        HostEnvironment(
            variables: ["PATH": "/usr/bin:/bin"].merging(variables) { $1 }, homeFolder: "\(path)/home",
            workingFolder: path, serviceAccountFolder: "\(path)/serviceaccount", hasTerminal: hasTerminal, clock: clock)
    }

    /// Writes a kubeconfig to the place where it is looked for, and loads it.
    func load(
        _ kubeconfig: String, clock: HostClock = .system, hasTerminal: Bool = false,
        _ change: (inout ConfigurationOptions) -> Void = { _ in }
    ) throws -> ClusterConfiguration {
        try write("home/.kube/config", kubeconfig)
        var options = ConfigurationOptions()
        change(&options)
        return try ClusterConfiguration.load(options, host: host(clock: clock, hasTerminal: hasTerminal))
    }
}
