/// What happened to a file.
public enum ScriptFileChange: Sendable, Hashable {
    /// It is new, or there again.
    case added(ScriptFile)
    /// Its text is another.
    case changed(ScriptFile)
    /// It is gone, and has been for a while.
    case removed(ScriptFileIdentity)

    /// Which file.
    public var identity: ScriptFileIdentity {
        switch self {
        case .added(let file), .changed(let file): file.identity
        case .removed(let identity): identity
        }
    }
}

/// What is new since the update before it.
public struct ScriptFolderUpdate: Sendable, Hashable {
    /// The changes: files that came and changed in the order of the scan, then those that went.
    public var changes: [ScriptFileChange] = []
    /// What the user should know and was not told before.
    public var problems: [ScriptFolderProblem] = []

    /// Makes an update that says nothing.
    public init() {}

    /// Whether there is nothing to tell.
    public var isEmpty: Bool { changes.isEmpty && problems.isEmpty }
}

/// Compares scans and says what changed, without a clock and without files of its own.
///
/// Contents decide: a touched file, a save without an edit and a rename to the same name are no change. A file that is
/// missing from a scan is removed only after a grace, since editors save by renaming the old file away; an empty file
/// that has just been written is taken for one that is about to be filled.
///
/// ```
///              text differs                 missing for deletionGrace
///   unknown ─────────────▶ known ──▶ missing ──────────────▶ removed
///                            ▲          │ there again
///                            └──────────┘
/// ```
public struct ScriptFolderState: Sendable {
    private struct Known {
        var file: ScriptFile
        var missingSince: ContinuousClock.Instant?
    }

    private let limits: ScriptFolderLimits
    private var known: [ScriptFileIdentity: Known] = [:]
    private var reported: Set<ScriptFolderProblem> = []
    /// When a scan may tell more, though no notice comes; nil if no such time is known.
    public private(set) var nextLook: ContinuousClock.Instant?

    /// Begins without files.
    public init(limits: ScriptFolderLimits = ScriptFolderLimits()) { self.limits = limits }

    /// Takes what was found at a time, and says what is new.
    public mutating func take(_ scan: ScriptFolderScan, at now: ContinuousClock.Instant) -> ScriptFolderUpdate {
        nextLook = nil
        var update = ScriptFolderUpdate()
        var present = scan.unreadable
        for entry in scan.entries {
            present.insert(entry.file.identity)
            if let change = take(entry, at: now) { update.changes.append(change) }
        }
        update.changes += takeMissing(except: present, at: now)
        // A problem that went and came back is told again.
        update.problems = scan.problems.filter { !reported.contains($0) }
        reported = Set(scan.problems)
        return update
    }

    private mutating func take(
        _ entry: ScriptFolderScan.Entry, at now: ContinuousClock.Instant
    ) -> ScriptFileChange? {
        let file = entry.file
        if file.text.isEmpty, entry.age < limits.emptyGrace {
            known[file.identity]?.missingSince = nil
            look(at: now + limits.emptyGrace)
            return nil
        }
        let before = known.updateValue(Known(file: file), forKey: file.identity)
        guard let before else { return .added(file) }
        // Byte by byte: `String` takes texts for equal that differ in Unicode normalization.
        return before.file.text.utf8.elementsEqual(file.text.utf8) ? nil : .changed(file)
    }

    private mutating func takeMissing(
        except present: Set<ScriptFileIdentity>, at now: ContinuousClock.Instant
    ) -> [ScriptFileChange] {
        var removed: [ScriptFileIdentity] = []
        for (identity, entry) in known {
            guard !present.contains(identity) else {
                known[identity]?.missingSince = nil
                continue
            }
            let since = entry.missingSince ?? now
            known[identity]?.missingSince = since
            if since + limits.deletionGrace <= now {
                removed.append(identity)
                known[identity] = nil
            } else {
                look(at: since + limits.deletionGrace)
            }
        }
        return removed.sorted().map(ScriptFileChange.removed)
    }

    private mutating func look(at time: ContinuousClock.Instant) { nextLook = min(nextLook ?? time, time) }
}
