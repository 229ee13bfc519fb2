package import ScriptFolder

/// What a ``ScriptSync`` tells while it works.
package enum SyncEvent: Sendable {
    /// Files and scripts were compared, and what differed was written. `steps` are those that are news: without files
    /// that were in step already, and without conflicts that were told before. `revision` is that of the scripts now.
    case synced(steps: [SyncStep], isWritten: Bool, revision: String)
    /// Something about files.
    case folderProblem(ScriptFolderProblem)
    /// Something about the cluster that does not keep scripts from being written.
    case warning(String)
    /// `env` was written to the secret.
    case environmentWritten(names: [String])
    /// The cluster cannot be reached or does not take the scripts; it is tried again after a while.
    case waiting(reason: String, retry: Duration)
    /// It works again.
    case recovered
}

/// How a ``ScriptSync`` works.
package struct SyncOptions: Sendable {
    /// The folders.
    package var folders: [SyncFolder]
    /// New scripts of these titles are active.
    package var activeTitles = ActiveTitles()
    /// Files replace what was edited in the cluster.
    package var isForced = false
    /// What scripts see as `env`; nil leaves the secret as it is.
    package var environment: ScriptEnvironment?
    /// Further secrets whose entries scripts see; nil leaves the config map's entry as it is.
    package var environmentSources: [EnvironmentSource]?
    /// Sizes and times of the folders.
    package var folderLimits = ScriptFolderLimits()
    /// Why a script cannot run, as `file:line:column: message`; nil if nothing is wrong with it.
    package var check: @Sendable (ScriptFile) async -> String? = { _ in nil }

    /// These folders, with the defaults.
    package init(folders: [SyncFolder]) { self.folders = folders }
}
