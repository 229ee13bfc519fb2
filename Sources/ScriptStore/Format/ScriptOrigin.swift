internal import JSON

/// The file that a script was synced from: the member `source` of a script.
///
/// It is a script's identity for the folder sync. Titles may repeat, change, or be empty.
package struct ScriptOrigin: Sendable, Hashable {
    /// Which folder of which machine, as the tool that synced it calls it.
    package var folder: String
    /// The file's path, relative to the folder.
    package var path: String
    /// The SHA-256 of the code as it was synced, in hexadecimal digits: a script whose code has another one was edited
    /// in the cluster since.
    package var sha256: String

    /// Names a file and the code that was read from it.
    package init(folder: String, path: String, sha256: String) {
        self.folder = folder
        self.path = path
        self.sha256 = sha256
    }

    /// Reads the member; nil if it is not of this form, as tools of others may have members of that name.
    init?(_ value: JSONValue) {
        guard let path = value["path"]?.string, let sha256 = value["sha256"]?.string else { return nil }
        self.init(folder: value["folder"]?.string ?? "", path: path, sha256: sha256)
    }

    var json: JSONValue { ["folder": .string(folder), "path": .string(path), "sha256": .string(sha256)] }

    /// Equal to the byte; `String` itself takes names for equal that differ in Unicode normalization.
    package static func == (a: ScriptOrigin, b: ScriptOrigin) -> Bool {
        a.folder.utf8.elementsEqual(b.folder.utf8) && a.path.utf8.elementsEqual(b.path.utf8)
            && a.sha256 == b.sha256
    }
}
