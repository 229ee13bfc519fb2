internal import ArgumentParser

/// `remora scripts`: the scripts in the cluster. Without a subcommand, keeps a folder in step with them.
struct ScriptsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scripts",
        abstract: "Sync a folder of scripts to the cluster; list, change and roll back what is there.",
        subcommands: [
            SyncCommand.self, ListCommand.self, GetCommand.self, PushCommand.self, RemoveCommand.self,
            ActivateCommand.self, DeactivateCommand.self, ExportCommand.self, DiffCommand.self,
            CheckCommand.self, HistoryCommand.self, RollbackCommand.self,
        ],
        defaultSubcommand: SyncCommand.self)
}

/// How a command of `remora scripts` prints.
enum ScriptsOutput: String, ExpressibleByArgument, CaseIterable {
    case text, json
}
