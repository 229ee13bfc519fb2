internal import Digests
package import JSON
package import OrderedCollections

/// A script as the config map holds it.
package struct StoredScript: Sendable {
    /// Its key in `SCRIPTING_SCRIPTS`, which it keeps for life: console lines and the dashboard show it.
    package let index: Int
    /// Its title as it is stored. Upstream's tools keep the space of `// Title`; compare ``trimmedTitle``.
    package var title: String
    /// Its text.
    package var code: String
    /// Whether it is to run.
    package var isActive: Bool
    /// The file that it was synced from, if it was.
    package var origin: ScriptOrigin?
    /// Members that Remora does not know; they are written back as they were.
    package var otherMembers: OrderedDictionary<String, JSONValue>

    /// A script.
    package init(
        index: Int, title: String, code: String, isActive: Bool, origin: ScriptOrigin? = nil,
        otherMembers: OrderedDictionary<String, JSONValue> = [:]
    ) {
        self.index = index
        self.title = title
        self.code = code
        self.isActive = isActive
        self.origin = origin
        self.otherMembers = otherMembers
    }

    /// The title by which scripts are compared: white space around it does not count.
    package var trimmedTitle: String { title.trimmed }

    /// The SHA-256 of the code, in hexadecimal digits.
    package var codeHash: String { SHA256Digest(of: code).hex }

    /// Whether the code is no longer what was synced from the file.
    package var wasEditedSinceSync: Bool { origin.map { $0.sha256 != codeHash } ?? false }
}

extension StoredScript: Equatable {
    /// Equal to the byte: a change of Unicode normalization is a change.
    package static func == (a: StoredScript, b: StoredScript) -> Bool {
        a.index == b.index && a.isActive == b.isActive && a.origin == b.origin && a.otherMembers == b.otherMembers
            && a.title.utf8.elementsEqual(b.title.utf8) && a.code.utf8.elementsEqual(b.code.utf8)
    }
}

extension String {
    /// The text without white space at its ends.
    var trimmed: String {
        var text = Substring(self)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
