internal import ArgumentParser
internal import JSON
internal import ScriptStore
internal import Timestamps

/// `remora scripts history`.
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List earlier versions of the scripts.",
        discussion: "Exit status: 0; 1 if they could not be read.")

    @OptionGroup var options: StoreOptions

    func run() async throws {
        try await options.run { terminal, _, store in
            let (revisions, current) = try await RevisionLookup.revisions(store)
            switch options.output {
            case .text:
                let rows = revisions.map { revision in
                    [
                        String(revision.number), revision.hash == current ? "now" : "",
                        revision.time.map { "\($0)" } ?? "-", String(revision.hash.prefix(12)),
                        String(revision.scripts.scripts.count), revision.author.isEmpty ? "-" : revision.author,
                        revision.note,
                    ]
                }
                terminal.printTable([["REVISION", "", "TIME", "SHA256", "SCRIPTS", "AUTHOR", "NOTE"]] + rows)
            case .json:
                terminal.print(
                    .array(
                        revisions.map { revision in
                            var value: JSONValue = [
                                "revision": .integer(Int64(revision.number)), "sha256": .string(revision.hash),
                                "current": .boolean(revision.hash == current), "author": .string(revision.author),
                                "note": .string(revision.note),
                                "scripts": .array(revision.scripts.scripts.map { ScriptRow(script: $0).json() }),
                            ]
                            value["time"] = revision.time.map { .string("\($0)") }
                            return value
                        }))
            }
        }
    }
}

/// `remora scripts rollback`.
struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Bring an earlier version of the scripts back.",
        discussion: """
            All scripts become what they were: code, titles and activity; scripts made since are removed. It is a change like \
            any other, so it is in the history and can be rolled back. A folder sync does not undo it.

            Exit status: 0; 1 if the cluster did not do it; 2 if there is no such revision.
            """)

    @Argument(help: ArgumentHelp("Its number; by default the one before the present.", valueName: "revision"))
    var number: Int?

    @OptionGroup var options: StoreOptions

    func run() async throws {
        try await options.run { terminal, _, store in
            let (revisions, current) = try await RevisionLookup.revisions(store)
            let revision = try Self.revision(number, in: revisions, current)
            let outcome = try await store.change(
                note: "rolled back to revision \(revision.number)", replacesUnreadable: true
            ) { $0.restore(revision) }
            terminal.report(outcome, "rolled back to revision \(revision.number)", output: options.output)
        }
    }

    private static func revision(
        _ number: Int?, in revisions: [ScriptRevision], _ current: String
    ) throws -> ScriptRevision {
        guard let number else {
            guard let revision = revisions.last(where: { $0.hash != current }) else {
                throw ScriptsUsageError(description: "the history holds no other version; see: remora scripts history")
            }
            return revision
        }
        guard let revision = revisions.first(where: { $0.number == number }) else {
            throw ScriptsUsageError(
                description: "there is no revision \(number)"
                    + (revisions.first.map { "; the oldest that is kept is \($0.number)" } ?? ": the history is empty"))
        }
        return revision
    }
}

enum RevisionLookup {
    /// All revisions, and the hash of the scripts of now; empty if they cannot be read, which is what a rollback is for.
    static func revisions(_ store: ScriptStore) async throws -> (revisions: [ScriptRevision], current: String) {
        let (name, current) = try await store.nameAndRevision()
        let history = ScriptHistory(client: store.client, namespace: store.location.namespace)
        return (try await history.revisions(of: name), current)
    }
}
