package import KubernetesClient
internal import Threading

/// The scripts of an installation: reads them from the cluster, and changes them so that nobody's edit is lost.
///
/// ```swift
/// let store = ScriptStore(client: client, location: StoreLocation(namespace: "default"))
/// try await store.change(note: "off") { scripts in
///     scripts.change(3) { $0.isActive = false }
/// }
/// ```
/// Every change is read, modify, write: all of it in one update of the config map, on the condition that nobody has
/// written since it was read. If somebody has, the change is applied to what they wrote.
package final class ScriptStore: Sendable {
    package let client: KubernetesClient
    package let location: StoreLocation
    package let limits: StoreLimits
    /// Who changes the scripts, for the history.
    package let author: String
    /// Where earlier versions are kept; nil: nowhere.
    package let history: ScriptHistory?

    /// The scripts at a place in a cluster. Nothing is asked before the first call.
    package init(
        client: KubernetesClient, location: StoreLocation, limits: StoreLimits = StoreLimits(), author: String = "",
        keepsHistory: Bool = true
    ) {
        self.client = client
        self.location = location
        self.limits = limits
        self.author = author
        history = keepsHistory ? ScriptHistory(client: client, namespace: location.namespace) : nil
    }

    /// What a change came to.
    package struct Outcome<Result: Sendable>: Sendable {
        /// What the change's body returned, when it ran last.
        package let result: Result
        /// The scripts as the change found them.
        package let before: ScriptSet
        /// The scripts as they are now.
        package let after: ScriptSet
        /// Whether anything was written: not, if nothing changed.
        package let isWritten: Bool
        /// How often it was tried.
        package let attempts: Int
        /// What people should know: sizes, leftovers, a history that could not be written.
        package var warnings: [String]
    }

    /// Changes the scripts.
    ///
    /// - Parameters:
    ///   - note: what is done, in words, for the history.
    ///   - replacesUnreadable: whether scripts that cannot be read are replaced by what `body` makes of none; otherwise
    ///     they are an error, and stay for somebody to mend.
    ///   - body: what is to be. It is run again on fresh scripts after a conflict, and perhaps after an update of which it
    ///     is not known whether it succeeded: so it must say what is to be, and do nothing if it is so already.
    /// - Throws: ``StoreError``, `APIError`, or what `body` throws.
    @discardableResult
    package func change<Result: Sendable>(
        note: String, replacesUnreadable: Bool = false, _ body: (inout ScriptSet) throws -> Result
    ) async throws -> Outcome<Result> {
        var retry = ConflictRetry(start: .now)
        var random = SystemRandomNumberGenerator()
        while true {
            let snapshot = try await read(orEmpty: replacesUnreadable)
            var scripts = snapshot.scripts
            let result = try body(&scripts)
            let isUnchanged = scripts == snapshot.scripts && !(replacesUnreadable && snapshot.isUnreadable)
            if isUnchanged {
                return Outcome(
                    result: result, before: snapshot.scripts, after: scripts, isWritten: false,
                    attempts: retry.attempts, warnings: [])
            }
            do {
                var warnings = try await publish(scripts, over: snapshot)
                if let history {
                    warnings += await history.record(
                        before: snapshot.isUnreadable ? nil : snapshot.scripts, after: scripts, author: author,
                        note: note, configMap: snapshot.configMapName)
                }
                return Outcome(
                    result: result, before: snapshot.scripts, after: scripts, isWritten: true,
                    attempts: retry.attempts, warnings: warnings)
            } catch let error as APIError where Self.isWorthAnotherTry(error) {
                guard let wait = retry.next(at: .now, using: &random) else {
                    guard error.status?.code == 409 else { throw error }
                    throw StoreError.contended(
                        name: snapshot.configMapName, attempts: retry.attempts, seconds: retry.seconds(at: .now))
                }
                try await Task.sleep(for: wait)
            }
        }
    }

    /// Conflicts, and a server that is only busy. A broken connection is for the caller to judge: it may be down for long.
    private static func isWorthAnotherTry(_ error: APIError) -> Bool {
        switch error.status?.code {
        case 409, 429, 500, 503, 504: true
        default: false
        }
    }
}
