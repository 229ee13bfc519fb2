internal import JSON
internal import YAML

/// An `exec` entry of a kubeconfig: a command that gives credentials.
struct CredentialPlugin: Sendable {
    /// Whether the plugin wants to ask a person.
    private enum InteractiveMode: String, CaseIterable {
        case never = "Never"
        case ifAvailable = "IfAvailable"
        case always = "Always"
    }

    /// The user entry.
    private let place: ConfigurationPlace
    private let version: ExecCredential.Version
    /// As it is written.
    private let command: String
    private let arguments: [String]
    /// Added to the environment of this process.
    private let environment: [String: String]
    private let interactiveMode: InteractiveMode
    private let installHint: String?
    /// The cluster, if the plugin is to know it.
    private let cluster: KubeconfigCluster?
    private let folder: String
    private let host: HostEnvironment
    private let timeLimit: Duration

    /// Reads an `exec` entry.
    init(
        _ fields: KubeconfigFields, _ host: HostEnvironment, cluster: KubeconfigCluster, timeLimit: Duration
    ) throws(ConfigurationError) {
        place = fields.place
        version = try Self.version(fields)
        guard let command = try fields.string("command") else {
            throw .invalid(fields.place.field("command"), problem: "is missing; it names the program to run")
        }
        self.command = command
        arguments = try Self.arguments(fields)
        environment = try Self.environment(fields)
        interactiveMode = try Self.interactiveMode(fields, version)
        installHint = try fields.string("installHint")
        self.cluster = try fields.boolean("provideClusterInfo") == true ? cluster : nil
        folder = fields.folder
        self.host = host
        self.timeLimit = timeLimit
    }

    /// Runs the plugin once.
    func run() async throws(ConfigurationError) -> Credentials {
        let isInteractive = interactiveMode != .never && host.hasTerminal
        if interactiveMode == .always && !isInteractive { throw failure(.needsTerminal) }
        var environment = host.variables.merging(environment) { $1 }
        environment["KUBERNETES_EXEC_INFO"] = ExecCredential.request(
            version, isInteractive: isInteractive, cluster: try clusterInfo())
        let process = PluginProcess(
            executable: try executable(), arguments: arguments, environment: environment,
            isInteractive: isInteractive,
            timeLimit: isInteractive
                ? max(timeLimit, ConfigurationOptions.interactivePluginTimeLimit) : timeLimit)

        let ending = await process.run()
        switch ending.outcome {
        case .success(let output):
            do {
                return try ExecCredential.credentials(output, version)
            } catch {
                throw failure(.invalidOutput(problem: error.problem), ending.standardErrorTail)
            }
        case .failure(.cancelled): throw .cancelled
        case .failure(.reason(let reason)): throw failure(reason, ending.standardErrorTail)
        }
    }

    private func failure(_ reason: PluginFailure.Reason, _ tail: String = "") -> ConfigurationError {
        .plugin(PluginFailure(place: place, command: command, reason: reason, standardErrorTail: tail))
    }

    /// What the plugin is told about the cluster, with the authority as it is at this moment.
    private func clusterInfo() throws(ConfigurationError) -> JSONValue? {
        guard let cluster else { return nil }
        var info = cluster.description
        if case .authorities(let bytes) = try cluster.tls.settings().trust {
            info["certificate-authority-data"] = .string(Base64.encode(bytes))
        }
        return info
    }

    /// The program's path: with a slash it starts from the kubeconfig's folder, without one it is looked for in PATH.
    private func executable() throws(ConfigurationError) -> String {
        if command.contains("/") {
            let path = KubeconfigFields.absolute(command, from: folder)
            if ExecutableSearch.isExecutable(path) { return path }
            throw failure(.notFound(searched: path, installHint: installHint))
        }
        let folders = host.variable("PATH") ?? ""
        if let path = ExecutableSearch.find(command, in: folders) { return path }
        throw failure(.notFound(searched: "PATH=\(folders)", installHint: installHint))
    }

    // MARK: Fields

    private static func version(_ fields: KubeconfigFields) throws(ConfigurationError) -> ExecCredential.Version {
        let place = fields.place.field("apiVersion")
        let known = ExecCredential.Version.allCases.map(\.rawValue).joined(separator: " or ")
        guard let text = try fields.string("apiVersion") else {
            throw .invalid(place, problem: "is missing; it should be \(known)")
        }
        guard let version = ExecCredential.Version(rawValue: text) else {
            throw .invalid(place, problem: "is \"\(text)\"; it should be \(known), which newer plugins speak")
        }
        return version
    }

    private static func interactiveMode(
        _ fields: KubeconfigFields, _ version: ExecCredential.Version
    ) throws(ConfigurationError) -> InteractiveMode {
        let place = fields.place.field("interactiveMode")
        let known = InteractiveMode.allCases.map(\.rawValue).joined(separator: ", ")
        guard let text = try fields.string("interactiveMode") else {
            // As in kubectl: optional in the beta, required since.
            if version == .v1beta1 { return .ifAvailable }
            throw .invalid(place, problem: "is missing, which v1 requires; it should be one of \(known)")
        }
        guard let mode = InteractiveMode(rawValue: text) else {
            throw .invalid(place, problem: "is \"\(text)\"; it should be one of \(known)")
        }
        return mode
    }

    private static func arguments(_ fields: KubeconfigFields) throws(ConfigurationError) -> [String] {
        let arguments = try fields.strings("args")
        if arguments.contains(where: hasNUL) {
            throw .invalid(fields.place.field("args"), problem: "has a NUL character in it")
        }
        return arguments
    }

    private static func environment(_ fields: KubeconfigFields) throws(ConfigurationError) -> [String: String] {
        var environment: [String: String] = [:]
        for item in try fields.list("env") {
            guard let name = try item.string("name"), PluginProcess.isVariableName(name) else {
                throw .invalid(item.place.field("name"), problem: "is missing or cannot be a variable's name")
            }
            let value = try item.string("value") ?? ""
            if hasNUL(value) { throw .invalid(item.place.field("value"), problem: "has a NUL character in it") }
            environment[name] = value
        }
        return environment
    }

    private static func hasNUL(_ text: String) -> Bool { text.utf8.contains(0) }
}
