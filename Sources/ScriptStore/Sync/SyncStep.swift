internal import Digests

/// What the sync of one file came to.
package struct SyncStep: Sendable, Equatable {
    /// What happened, or why nothing did.
    package enum Kind: Sendable, Equatable {
        /// A new script.
        case created
        /// The file's text is in the cluster now.
        case updated
        /// Only what the cluster knows of the file is new: its path, or that there is one.
        case recognized
        /// File and cluster have the same text already.
        case unchanged
        /// The script is gone, as its file is.
        case removed
        /// Nothing was written: the script was edited in the cluster since it was synced. With both hashes; `owner` is the
        /// folder that it was synced from, if that is another one.
        case editedInCluster(cluster: String, file: String, owner: String?)
        /// Nothing was removed: the file is gone, but the script was edited in the cluster since it was synced.
        case goneButEdited(cluster: String)
        /// Nothing was written: the script was removed from the cluster, and the file has not changed since.
        case removedInCluster
        /// Nothing was written: the file is not fit to run. What was synced before stays.
        case broken(String)
        /// Nothing was written: there is no room.
        case tooLarge(String)
    }

    /// The file.
    package let key: SyncFileKey
    /// The path by which messages name it.
    package let location: String
    /// The script's title.
    package let title: String
    /// The script's index, if there is one.
    package let index: Int?
    /// What happened.
    package let kind: Kind
    /// The path that the file had before, if it was renamed.
    package var previousPath: String?

    /// Whether cluster and file differ, and somebody has to do something about it.
    package var isFailure: Bool {
        switch kind {
        case .created, .updated, .recognized, .unchanged, .removed: false
        case .editedInCluster, .goneButEdited, .removedInCluster, .broken, .tooLarge: true
        }
    }

    /// A word for programs.
    package var word: String {
        switch kind {
        case .created: "created"
        case .updated: "updated"
        case .recognized: "recognized"
        case .unchanged: "unchanged"
        case .removed: "removed"
        case .editedInCluster, .goneButEdited, .removedInCluster: "conflict"
        case .broken: "broken"
        case .tooLarge: "too-large"
        }
    }

    /// What is to be said beside the word: the reason, and what to do.
    package var explanation: String? {
        switch kind {
        case .created, .updated, .unchanged, .removed: nil
        case .recognized: previousPath.map { "was \($0)" } ?? "was in the cluster already"
        case .editedInCluster(let cluster, let file, let owner):
            (owner.map { "the cluster has other code, synced from \($0)" } ?? "edited in the cluster")
                + ": \(cluster.prefix(12)) there, \(file.prefix(12)) here; not overwritten: look with "
                + "`remora scripts diff`, take theirs with `remora scripts get`, or overwrite with --force"
        case .goneButEdited(let cluster):
            "its file is gone, but it was edited in the cluster (\(cluster.prefix(12))); kept: remove it with "
                + "`remora scripts rm`, or with --force"
        case .removedInCluster:
            "removed in the cluster; not created again: change the file, or use --force, if it is wanted"
        case .broken(let problem), .tooLarge(let problem): problem
        }
    }
}
