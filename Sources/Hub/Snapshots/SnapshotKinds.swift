internal import PodSignals

/// The config map's `SNAPSHOT_ON`: after which changes of pods packets are saved without any script.
///
/// `crashed,oom-killed`, with the names of `change.kind`; `none`: after none; missing or empty: after every crash and every
/// loss of a pod that nobody asked for.
struct SnapshotKinds: Sendable, Equatable {
    static let key = "SNAPSHOT_ON"
    let kinds: Set<PodChangeKind>
    /// Words that are no kind.
    let unknown: [String]

    init(_ text: String?) {
        let words = (text ?? "").split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
        unknown = words.filter { $0 != "none" && PodChangeKind(rawValue: $0) == nil }
        kinds = words.isEmpty ? SnapshotPolicy.Settings().kinds : Set(words.compactMap { PodChangeKind(rawValue: $0) })
    }
}
