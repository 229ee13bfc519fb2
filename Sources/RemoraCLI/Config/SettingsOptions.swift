internal import ArgumentParser
internal import KubernetesConfiguration
internal import Settings

/// The options for the configuration file and for what differs from it.
struct SettingsOptions: ParsableArguments {
    @Option(
        name: [.customLong("config"), .customLong("config-path")],
        help: ArgumentHelp(
            "The configuration file; by default ./kubeshark.yaml, else ~/.kubeshark/config.yaml.", valueName: "file"))
    var file: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Set a setting: scripting.source=DIR, scripting.sources[0]=DIR, scripting.active+=TITLE, a={x,y}, a=null.",
            valueName: "key=value"))
    var texts: [String] = []

    @Option(name: .customLong("set-json"), help: ArgumentHelp("Set a setting to JSON.", valueName: "key=json"))
    var json: [String] = []

    @Option(
        name: .customLong("set-file"), help: ArgumentHelp("Set a setting to a file's text.", valueName: "key=file"))
    var files: [String] = []

    /// The configuration file.
    func settingsFile() throws(SettingsError) -> SettingsFile {
        let host = HostEnvironment.current
        return try SettingsFile.find(named: file, workingFolder: host.workingFolder, homeFolder: host.homeFolder)
    }

    /// The settings in force. Warnings are said.
    func settings(_ terminal: Terminal) throws(SettingsError) -> EffectiveSettings {
        var settings = EffectiveSettings()
        let file = try settingsFile()
        if let bytes = file.bytes { try settings.merge(file: bytes, path: file.path) }
        var assignments: [SettingAssignment] = []
        for argument in texts { assignments.append(try SettingAssignment(set: argument)) }
        for argument in json { assignments.append(try SettingAssignment(setJSON: argument)) }
        for argument in files {
            assignments.append(
                try SettingAssignment(setFile: argument) { path throws(SettingsError) in
                    try SettingsFile.text(path)
                })
        }
        try settings.apply(assignments)
        for warning in settings.warnings { terminal.warn(warning) }
        return settings
    }
}

extension Terminal {
    /// Says that something is not as it should be.
    func warn(_ text: String) { say("\(styled("warning:", .change, for: .error)) \(text)") }

    /// Says why it does not go on.
    func complain(_ text: String) { say("\(styled("error:", .bad, for: .error)) \(text)") }
}
