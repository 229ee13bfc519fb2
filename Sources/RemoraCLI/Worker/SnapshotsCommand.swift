internal import ArgumentParser

/// `remora snapshots`: copies of what a worker has captured.
struct SnapshotsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshots",
        abstract: "Copy packets out of a worker's ring, and fetch the copies.",
        discussion: """
            A snapshot is a capture file with what was selected: a window of time, addresses, pods, streams, or flows in \
            which a KFL filter matches. Of a worker that was killed, its folder is enough:

              remora snapshots take --last 30s
              remora snapshots take --ip 10.0.0.7 --kfl 'http and response.status >= 500' --name errors
              remora snapshots list --data remora-data
              remora snapshots get errors.pcap
            """,
        subcommands: [TakeSnapshotCommand.self, ListSnapshotsCommand.self, GetSnapshotCommand.self])
}
