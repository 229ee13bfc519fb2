/// A script as a store hands it to the engine.
public struct ScriptDefinition: Sendable, Equatable {
    /// Its key in the config map, which is its identity in this process and its number in console lines.
    public let index: Int
    /// Its title; errors show it as the file name.
    public let title: String
    /// Its text.
    public let source: String

    /// Takes a script's key, title and text.
    public init(index: Int, title: String, source: String) {
        self.index = index
        self.title = title
        self.source = source
    }
}

/// Which script something is about.
public struct ScriptIdentity: Sendable, Hashable, CustomStringConvertible {
    /// Its key in the config map.
    public let index: Int
    /// Its title.
    public let title: String

    /// Names a script.
    public init(index: Int, title: String) {
        self.index = index
        self.title = title
    }

    /// The title and the key.
    public var description: String { "\(title) (\(index))" }
}

/// The content of a script and its environment in one word: equal revisions behave equally.
///
/// The title is not part of it, so that a rename loses no state.
public struct ScriptRevision: Sendable, Hashable, CustomStringConvertible {
    private let hash: UInt128

    /// The revision of a source with an environment, given as JSON text.
    ///
    /// FNV-1a with 128 bits: two edits never collide by accident, and whoever could forge a collision could as well
    /// edit the script.
    public init(source: String, environment: [UInt8]) {
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b }
        }
        add(source.utf8)
        // A byte that UTF-8 does not have keeps the two apart.
        add([0xff])
        add(environment)
        self.hash = hash
    }

    /// 32 hexadecimal digits.
    public var description: String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}
