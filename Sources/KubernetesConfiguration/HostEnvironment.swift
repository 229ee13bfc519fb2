internal import FoundationEssentials
internal import Glibc

/// What a configuration is looked for in: the process's environment, the home folder, the mounted service account.
///
/// All of it is a value, so that tests and embedding programs need not change their own process.
public struct HostEnvironment: Sendable {
    /// The environment variables; credential plugins inherit them.
    public var variables: [String: String]
    /// The folder that `.kube/config` is looked for in; nil if there is none.
    public var homeFolder: String?
    /// The folder that relative paths of options start from.
    public var workingFolder: String
    /// Where a pod finds the token, the authority and the namespace of its service account.
    public var serviceAccountFolder: String
    /// Whether a credential plugin may ask a person on standard input.
    public var hasTerminal: Bool
    /// The clocks.
    public var clock: HostClock

    /// Where the kubelet mounts a pod's service account.
    public static let standardServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount"

    /// An environment of your own making.
    public init(
        variables: [String: String], homeFolder: String?, workingFolder: String = "/",
        serviceAccountFolder: String = Self.standardServiceAccountFolder, hasTerminal: Bool = false,
        clock: HostClock = .system
    ) {
        self.variables = variables
        self.homeFolder = homeFolder
        self.workingFolder = workingFolder
        self.serviceAccountFolder = serviceAccountFolder
        self.hasTerminal = hasTerminal
        self.clock = clock
    }

    /// What this process sees at this moment.
    public static var current: HostEnvironment {
        let variables = ProcessInfo.processInfo.environment
        return HostEnvironment(
            variables: variables, homeFolder: variables["HOME"],
            workingFolder: FileManager.default.currentDirectoryPath, hasTerminal: isatty(STDIN_FILENO) == 1)
    }

    /// An environment variable's value; nil if it is unset or empty, which kubectl does not tell apart.
    func variable(_ name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension HostEnvironment: CustomReflectable, CustomStringConvertible {
    /// Leaves the variables out, which often hold secrets.
    public var customMirror: Mirror { Mirror(self, children: ["homeFolder": homeFolder as Any]) }
    /// Leaves the variables out, which often hold secrets.
    public var description: String { "HostEnvironment(homeFolder: \(homeFolder ?? "none"))" }
}
