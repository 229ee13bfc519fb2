internal import ArgumentParser
internal import JSON
internal import Settings

/// `remora config`: the settings in force.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Print the settings in force, or write a file with the defaults.",
        discussion: """
            Settings come from the defaults, then from the configuration file, then from --set. Values of scripting.env are \
            hidden unless --show-secrets is given.

            Exit status: 0; 1 if the file cannot be written; 2 if the settings are not valid.
            """)

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case yaml, json
    }

    @Flag(
        name: [.short, .long],
        help: "Write the defaults to the configuration file. What was there stays beside it as FILE.old.")
    var regenerate = false

    @Flag(help: "Print the values of scripting.env too.")
    var showSecrets = false

    @Option(name: [.short, .long], help: "yaml or json.")
    var output = Output.yaml

    @OptionGroup var settings: SettingsOptions

    func run() throws {
        let terminal = Terminal()
        if regenerate {
            do {
                // One that is not valid or not there is what this is for.
                let path = try settings.file ?? settings.settingsFile().path
                try SettingsFile.writeDefaults(to: path)
                terminal.say("wrote \(path)")
            } catch {
                terminal.complain("\(error)")
                throw ExitCode.failure
            }
            return
        }
        do {
            let effective = try settings.settings(terminal)
            switch output {
            case .yaml: terminal.print(effective.yaml(showingSecrets: showSecrets))
            case .json:
                let values = showSecrets ? effective.values : effective.withoutSecrets
                terminal.print(values.encoded(indent: 2) + [0x0a])
            }
        } catch {
            terminal.complain("\(error)")
            throw ExitCode(Remora.usageStatus)
        }
    }
}
