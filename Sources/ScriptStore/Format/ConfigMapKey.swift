/// The keys of the config map and of the secret that hold scripts and what belongs to them.
package enum ConfigMapKey {
    /// All scripts: a JSON object from index to script.
    package static let scripts = "SCRIPTING_SCRIPTS"
    /// The titles of scripts that are to be active when they are first seen, separated by commas.
    package static let activeScripts = "SCRIPTING_ACTIVE_SCRIPTS"
    /// The index that the next new script gets, so that none is given twice. Upstream's tools do not know it.
    package static let nextIndex = "SCRIPTING_NEXT_INDEX"
    /// Which further config maps hold scripts, and what they must hold. Upstream's tools do not know it.
    package static let shards = "SCRIPTING_SCRIPTS_REF"
    /// Further secrets whose entries scripts see in `env`: names only. Upstream's tools do not know it.
    package static let environmentSources = "SCRIPTING_ENV_FROM"
    /// In the secret: the JSON object that scripts see as `env`.
    package static let environment = "SCRIPTING_ENV"
}
