internal import Digests
internal import JSON
internal import OrderedCollections

/// All scripts of an installation, as its config map, and perhaps further ones, hold them.
///
/// ```swift
/// let set = try ScriptSet(data: configMap.data)            // all in one config map
/// for script in set.scripts where script.isActive { … }
/// ```
/// Reading is tolerant: a missing key, `""` and `null` are no scripts; an entry that is not a script is listed in
/// ``problems``, does not keep the others from being read, and is written back as it was.
package struct ScriptSet: Sendable {
    /// The scripts by index, in order.
    package private(set) var scripts: [StoredScript] = []
    /// What is wrong with the entries that are not scripts.
    package private(set) var problems: [ScriptEntryProblem] = []
    /// The index that the next new script gets: above all there are, and above all there were as far as is known.
    package private(set) var nextIndex = 0
    /// `SCRIPTING_ACTIVE_SCRIPTS` as it was read. Which scripts run is said by ``StoredScript/isActive`` alone.
    package let listedTitles: ActiveTitles
    /// The entries that are not scripts.
    private(set) var unreadable: OrderedDictionary<String, JSONValue> = [:]
    /// The titles of the scripts as they were read: of those, the list of active titles is ours to correct.
    private let titlesRead: Set<String>

    /// Indexes stay below this, so that programs with 32-bit numbers can read them.
    static let indexLimit = Int(Int32.max)

    /// No scripts.
    package init() {
        listedTitles = ActiveTitles()
        titlesRead = []
    }

    /// Reads the entries of a config map.
    ///
    /// - Parameters:
    ///   - data: the entries `data` of the config map.
    ///   - shards: the texts of `SCRIPTING_SCRIPTS` in the further config maps that ``ShardIndex`` names, by the names
    ///     of these maps. The set is read as a whole or not at all: each text must have its hash.
    package init(data: [String: String], shards: [String: String] = [:]) throws(ScriptSetError) {
        listedTitles = ActiveTitles(parsing: data[ConfigMapKey.activeScripts])
        var entries = ScriptEntries()
        for shard in try ShardIndex(parsing: data[ConfigMapKey.shards]).shards {
            guard let text = shards[shard.name] else { throw .missingShard(name: shard.name) }
            let found = SHA256Digest(of: text).hex
            guard found == shard.sha256 else {
                throw .wrongShard(name: shard.name, expected: shard.sha256, found: found)
            }
            try entries.read(text)
        }
        // Last, so that a script that somebody put into the config map itself wins over one in a shard.
        try entries.read(data[ConfigMapKey.scripts])
        scripts = entries.scripts.values.sorted { $0.index < $1.index }
        unreadable = entries.unreadable
        problems = entries.problems.values.elements
        titlesRead = Set(scripts.map(\.trimmedTitle))
        let recorded = data[ConfigMapKey.nextIndex].flatMap { Int($0.trimmed) } ?? 0
        let highest = max(scripts.last?.index ?? -1, entries.unreadable.keys.compactMap { Int($0) }.max() ?? -1)
        nextIndex = min(max(recorded, highest + 1), Self.indexLimit)
    }

    // MARK: Looking up

    /// The script with an index.
    package subscript(index: Int) -> StoredScript? {
        position(of: index).map { scripts[$0] }
    }

    /// The scripts of a title, white space around it aside.
    package func scripts(titled title: String) -> [StoredScript] {
        let title = title.trimmed
        return scripts.filter { $0.trimmedTitle == title }
    }

    /// Whether a script of this title is to be active when it is created.
    package func isInitiallyActive(title: String) -> Bool { listedTitles.contains(title) }

    // MARK: Changing

    /// Adds a script under a new index, and returns that. nil if the indexes are used up.
    @discardableResult
    package mutating func add(title: String, code: String, isActive: Bool, origin: ScriptOrigin? = nil) -> Int? {
        guard nextIndex < Self.indexLimit else { return nil }
        let index = nextIndex
        nextIndex += 1
        scripts.append(
            StoredScript(index: index, title: title, code: code, isActive: isActive, origin: origin))
        return index
    }

    /// Replaces the script of the same index, or puts it where none is.
    package mutating func put(_ script: StoredScript) {
        if let position = position(of: script.index) {
            scripts[position] = script
        } else {
            let position = scripts.firstIndex { $0.index > script.index } ?? scripts.endIndex
            scripts.insert(script, at: position)
            nextIndex = min(max(nextIndex, script.index + 1), Self.indexLimit)
        }
        unreadable[String(script.index)] = nil
    }

    /// Changes the script with an index, if there is one.
    package mutating func change(_ index: Int, _ body: (inout StoredScript) -> Void) {
        if let position = position(of: index) { body(&scripts[position]) }
    }

    /// Takes a script out; also an entry that is none.
    @discardableResult
    package mutating func remove(_ index: Int) -> Bool {
        if unreadable.removeValue(forKey: String(index)) != nil { return true }
        guard let position = position(of: index) else { return false }
        scripts.remove(at: position)
        return true
    }

    private func position(of index: Int) -> Int? { scripts.firstIndex { $0.index == index } }

    // MARK: What belongs to the scripts

    /// The list of active titles that belongs to these scripts: those listed that no script has had, which wait for
    /// theirs, and those of the active scripts.
    package var activeTitles: ActiveTitles {
        var titles = ActiveTitles(listedTitles.titles.filter { !titlesRead.contains($0) })
        for script in scripts where !script.isActive { titles.remove(script.title) }
        for script in scripts where script.isActive { titles.insert(script.title) }
        return titles
    }

    /// Names exactly these scripts: SHA-256 over index, title, code and activity of each, in the order of the indexes.
    ///
    /// What it covers is what decides what runs; `source` and other members do not count. Each field is preceded by its
    /// length, so that no two sets give the same bytes.
    package var revision: String {
        var bytes: [UInt8] = []
        for script in scripts {
            bytes += Array("\(script.index) \(script.isActive ? 1 : 0)".utf8)
            for text in [script.title, script.code] {
                bytes += Array(" \(text.utf8.count) ".utf8)
                bytes += Array(text.utf8)
            }
            bytes.append(0x0a)
        }
        return SHA256Digest(of: bytes).hex
    }
}

extension ScriptSet: Equatable {
    /// Whether both hold the same: then nothing needs to be written.
    package static func == (a: ScriptSet, b: ScriptSet) -> Bool {
        a.scripts == b.scripts && a.unreadable == b.unreadable
    }
}
