internal import Digests

/// A script as workers get it: an active one of the config map.
package struct FleetScript: Sendable, Hashable {
    /// Its key in the config map.
    package let index: Int
    /// Its title.
    package let title: String
    /// Its text.
    package let code: String

    /// Takes a script's key, title and text.
    package init(index: Int, title: String, code: String) {
        self.index = index
        self.title = title
        self.code = code
    }

    /// Names exactly this title and text.
    var digest: String { SHA256Digest(of: "\(title.utf8.count) \(title)\(code)").hex }

    /// Equal to the byte: a change of Unicode normalization is a change.
    package static func == (a: FleetScript, b: FleetScript) -> Bool {
        a.index == b.index && a.title.utf8.elementsEqual(b.title.utf8) && a.code.utf8.elementsEqual(b.code.utf8)
    }
}
