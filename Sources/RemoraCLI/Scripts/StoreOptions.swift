internal import ArgumentParser
internal import Glibc
internal import KubernetesClient
internal import KubernetesConfiguration
internal import ScriptStore
internal import Settings

/// The options by which the commands find the scripts in the cluster.
struct StoreOptions: ParsableArguments {
    @OptionGroup var cluster: ClusterOptions
    @OptionGroup var settings: SettingsOptions

    @Option(name: [.short, .long], help: "text or json.")
    var output = ScriptsOutput.text

    /// The settings and the store that they lead to.
    func open(_ terminal: Terminal) throws -> (settings: EffectiveSettings, store: ScriptStore) {
        let effective = try settings.settings(terminal)
        var cluster = cluster
        func filled(_ option: String?, _ key: String) -> String? {
            option ?? (effective.text(key).isEmpty ? nil : effective.text(key))
        }
        cluster.kubeconfig = filled(cluster.kubeconfig, "kube.configPath")
        cluster.context = filled(cluster.context, "kube.context")
        cluster.namespace = filled(cluster.namespace, "tap.release.namespace")
        let client = try cluster.client()
        var limits = StoreLimits()
        limits.allowsShards = effective.flag("scripting.shards")
        let location = StoreLocation(
            namespace: client.configuration.namespace, configMapName: filled(nil, "scripting.configMap"),
            secretName: filled(nil, "scripting.secret"))
        let store = ScriptStore(
            client: client, location: location, limits: limits, author: Self.author,
            keepsHistory: effective.flag("scripting.history"))
        return (effective, store)
    }

    /// Runs a command's body; what it throws is said, and ends the program with 2 if the command or the settings were
    /// wrong, with 1 otherwise.
    func run(_ body: (Terminal, EffectiveSettings, ScriptStore) async throws -> Void) async throws {
        let terminal = Terminal()
        do {
            let (settings, store) = try open(terminal)
            try await body(terminal, settings, store)
        } catch let code as ExitCode {
            throw code
        } catch let error as SettingsError {
            terminal.complain("\(error)")
            throw ExitCode(Remora.usageStatus)
        } catch let error as ScriptsUsageError {
            terminal.complain(error.description)
            throw ExitCode(Remora.usageStatus)
        } catch {
            terminal.complain("\(error)")
            throw ExitCode.failure
        }
    }

    /// `user@host`, for the history.
    private static var author: String {
        let user = HostEnvironment.current.variables["USER"] ?? "uid \(getuid())"
        return "\(user)@\(hostName)"
    }

    /// This machine's name.
    static var hostName: String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "localhost" }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A command that names what is not there.
struct ScriptsUsageError: Error, CustomStringConvertible {
    let description: String
}

extension ScriptSet {
    /// The script that somebody means: by its index, else by its title.
    func script(meant name: String) throws -> StoredScript {
        if let index = Int(name), let script = self[index] { return script }
        let titled = scripts(titled: name)
        if let only = titled.first, titled.count == 1 { return only }
        if titled.count > 1 {
            throw ScriptsUsageError(
                description: "\(titled.count) scripts have the title \(name): name one by its index, "
                    + titled.map { String($0.index) }.joined(separator: ", "))
        }
        throw ScriptsUsageError(
            description: "there is no script \(name); see all with: remora scripts list")
    }
}
