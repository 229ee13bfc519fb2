internal import Digests

/// Which scripts go to the first config map and which to further ones.
///
/// Further config maps are used only if the first is full. A script stays where it is if it can, so that an edit writes
/// one map and not all. The script of the highest index is always in the first map: upstream's tools, which see only
/// that one, give a new script the highest index plus one, and would otherwise give one twice.
struct ShardPlan: Equatable {
    /// A further config map: there already, or to be created.
    struct Shard: Equatable {
        let text: String
        let sha256: String
        /// Its name, if it is there already.
        let existingName: String?
    }

    let text: String
    let shards: [Shard]

    /// What the first config map holds beside the scripts takes at least this much: the index of the others.
    private static let indexReserve = 8 << 10

    /// - Parameters:
    ///   - set: the scripts.
    ///   - otherBytes: what the first config map holds beside scripts.
    ///   - existing: the further config maps there are: their names, and their texts.
    init(
        _ set: ScriptSet, otherBytes: Int, existing: [(name: String, text: String)], limits: StoreLimits
    ) throws(StoreError) {
        let sizes = Dictionary(uniqueKeysWithValues: set.scripts.map { ($0.index, $0.storedByteCount) })
        let fixedBytes = set.text(of: [], includingUnreadable: true).utf8.count
        let room = max(0, min(limits.fillBytes, limits.configMapBytes - otherBytes - Self.indexReserve) - fixedBytes)
        let total = sizes.values.reduce(0, +)

        // A script must fit the first map, since each may come to be the one of the highest index.
        let oversized = set.scripts.filter { sizes[$0.index, default: 0] > room }
        guard oversized.isEmpty else {
            throw .tooLarge(
                oversized.map {
                    SizeProblem(
                        index: $0.index, title: $0.title, bytes: sizes[$0.index, default: 0], limit: room, total: nil)
                })
        }
        // Going back to one map only with room to spare, or an edit at the border would move everything each time.
        let border = existing.isEmpty ? room : room / 4 * 3
        if total <= border {
            text = set.text(of: set.scripts, includingUnreadable: true)
            shards = []
            return
        }
        guard limits.allowsShards else {
            if total <= room {
                text = set.text(of: set.scripts, includingUnreadable: true)
                shards = []
                return
            }
            throw .tooLarge(Self.lastThatDoNotFit(set, sizes, room))
        }

        var groups = existing.map { Self.indexes(in: $0.text).filter { sizes[$0] != nil } }
        var own = set.scripts.map(\.index).filter { index in !groups.contains { $0.contains(index) } }
        func bytes(_ group: [Int]) -> Int { group.reduce(0) { $0 + sizes[$1, default: 0] } }

        // The highest index comes home, then the lowest ones leave until the rest fits.
        if let highest = set.scripts.last?.index, !own.contains(highest) {
            for i in groups.indices { groups[i].removeAll { $0 == highest } }
            own.append(highest)
        }
        var loose: [Int] = []
        var ownBytes = bytes(own)
        while ownBytes > room, own.count > 1 {
            let index = own.removeFirst()
            ownBytes -= sizes[index, default: 0]
            loose.append(index)
        }
        let shardRoom = limits.fillBytes
        for i in groups.indices {
            while bytes(groups[i]) > shardRoom { loose.append(groups[i].removeLast()) }
        }
        for index in loose {
            let size = sizes[index, default: 0]
            if let i = groups.indices.first(where: { bytes(groups[$0]) + size <= shardRoom }) {
                groups[i].append(index)
            } else {
                groups.append([index])
            }
        }
        let existingTexts = Dictionary(existing.map { ($0.text, $0.name) }, uniquingKeysWith: { first, _ in first })
        shards = groups.filter { !$0.isEmpty }.map { group in
            let members = Set(group)
            let text = set.text(of: set.scripts.filter { members.contains($0.index) })
            return Shard(text: text, sha256: SHA256Digest(of: text).hex, existingName: existingTexts[text])
        }
        let ownSet = Set(own)
        text = set.text(of: set.scripts.filter { ownSet.contains($0.index) }, includingUnreadable: true)
        guard shards.count <= ShardIndex.shardLimit else {
            throw .tooLarge(Self.lastThatDoNotFit(set, sizes, room + ShardIndex.shardLimit * shardRoom))
        }
    }

    private static func indexes(in text: String) -> [Int] {
        var entries = ScriptEntries()
        // The text had its hash when it was read, so it is as it was written.
        try? entries.read(text)
        return entries.scripts.keys.sorted()
    }

    /// The last scripts, without which the others would fit.
    private static func lastThatDoNotFit(_ set: ScriptSet, _ sizes: [Int: Int], _ room: Int) -> [SizeProblem] {
        let total = sizes.values.reduce(0, +)
        var used = 0
        return set.scripts.compactMap { script in
            let size = sizes[script.index, default: 0]
            guard used + size > room else {
                used += size
                return nil
            }
            return SizeProblem(index: script.index, title: script.title, bytes: size, limit: room, total: total)
        }
    }
}
