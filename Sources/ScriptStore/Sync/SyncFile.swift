internal import Digests
package import ScriptFolder

/// Which file of which folder, as the cluster knows it.
package struct SyncFileKey: Sendable, Hashable {
    /// The folder's key; see ``SyncFolder``.
    package let folder: String
    /// The path below the folder.
    package let path: String

    /// Names a file.
    package init(folder: String, path: String) {
        self.folder = folder
        self.path = path
    }
}

/// A folder (or a single file) that is kept in step with the cluster.
package struct SyncFolder: Sendable, Hashable {
    /// Where it is.
    package let source: ScriptSource
    /// By which name the cluster knows it: scripts carry it, so that a tool removes only scripts of its own folder.
    ///
    /// By default host and absolute path, since two people's folders of the same name are two folders. Who works from
    /// many places on one set of files, such as a CI, gives it a name.
    package let key: String

    /// Names a folder.
    package init(source: ScriptSource, key: String) {
        self.source = source
        self.key = key
    }
}

/// A file with a script, and what its check said.
package struct SyncFile: Sendable {
    /// Which file.
    package let key: SyncFileKey
    /// The path by which messages name it.
    package let location: String
    /// Its title.
    package let title: String
    /// Its text.
    package let code: String
    /// The SHA-256 of the text.
    package let hash: String
    /// Why it cannot be put into the cluster; nil if nothing is wrong with it.
    package var problem: String?

    /// Takes a file.
    package init(_ file: ScriptFile, folder: SyncFolder, problem: String?) {
        key = SyncFileKey(folder: folder.key, path: file.identity.path)
        location = file.identity.location
        title = file.title
        code = file.text
        hash = SHA256Digest(of: file.text).hex
        self.problem = problem
    }

    /// What a script that comes from this file carries.
    var origin: ScriptOrigin { ScriptOrigin(folder: key.folder, path: key.path, sha256: hash) }
}
