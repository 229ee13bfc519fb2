internal import JSON
internal import OrderedCollections
internal import YAML

/// The entries of the history's config map: as many of the newest revisions as there is room for.
struct RevisionLog {
    /// How many revisions are kept.
    static let revisionLimit = 20
    /// What they may take together: enough room below the 1 MiB of a config map.
    static let byteLimit = 900 << 10

    /// The revisions, packed, by number, oldest first.
    private(set) var entries: [(number: Int, packed: [UInt8])] = []
    private var lastNumber = 0

    private static let prefix = "revision-"
    private static let lastNumberKey = "last"

    init() {}

    /// Reads a config map; entries that are not the history's are passed over.
    init(_ configMap: JSONValue) {
        for (key, value) in configMap["binaryData"]?.object ?? [:] where key.hasPrefix(Self.prefix) {
            guard let number = Int(key.dropFirst(Self.prefix.count)), number > 0,
                let packed = value.string.flatMap(Base64.decode)
            else { continue }
            entries.append((number, packed))
        }
        entries.sort { $0.number < $1.number }
        let recorded = configMap["data"]?[Self.lastNumberKey]?.string.flatMap { Int($0) } ?? 0
        lastNumber = max(recorded, entries.last?.number ?? 0)
    }

    /// The revisions that can be read, oldest first.
    var revisions: [ScriptRevision] { entries.compactMap { ScriptRevision(number: $0.number, packed: $0.packed) } }

    /// The newest.
    var latest: ScriptRevision? { entries.last.flatMap { ScriptRevision(number: $0.number, packed: $0.packed) } }

    /// Adds a revision, and drops the oldest for which there is no room. False if it is too large by itself.
    mutating func append(_ make: (Int) -> ScriptRevision) -> Bool {
        let packed = make(lastNumber + 1).packed
        guard packed.count <= Self.byteLimit else { return false }
        lastNumber += 1
        entries.append((lastNumber, packed))
        while entries.count > Self.revisionLimit || entries.reduce(0, { $0 + $1.packed.count }) > Self.byteLimit {
            entries.removeFirst()
        }
        return true
    }

    /// Writes the revisions into a config map.
    func write(to configMap: inout JSONValue) {
        var binary: OrderedDictionary<String, JSONValue> = [:]
        for entry in entries { binary["\(Self.prefix)\(entry.number)"] = .string(Base64.encode(entry.packed)) }
        configMap["binaryData"] = .object(binary)
        configMap["data"] = [Self.lastNumberKey: .string(String(lastNumber))]
    }
}
