internal import Threading

/// What a few files that belong together mean, read again when one of them changes.
///
/// Once it worked, it goes on working: while a file is away or half written, the last good value stays.
final class WatchedFiles<Value: Sendable>: Sendable {
    /// Files are looked at this often at most: a request must not cost a system call per file.
    private static var checkInterval: Duration { .seconds(1) }
    /// Files are read again this often even if they look unchanged: a file written twice within one tick of the file
    /// system's clock, with the same size, cannot be told apart.
    private static var rereadInterval: Duration { .seconds(60) }
    /// A set of files is read anew this often when one of them changes meanwhile.
    private static var attempts: Int { 3 }

    private struct State {
        var value: Value?
        var identities: [FileContents.Identity] = []
        var lastCheck: Duration?
        var lastRead: Duration?
        var isExpired = false
    }

    private let files: [WatchedFile]
    private let byteLimit: Int
    private let clock: HostClock
    private let interpret: @Sendable ([[UInt8]]) throws(ConfigurationError) -> Value
    private let state = Locked(State())

    /// Watches files whose contents, in the order of `files`, mean what `interpret` says.
    init(
        _ files: [WatchedFile], byteLimit: Int, clock: HostClock,
        interpret: @escaping @Sendable ([[UInt8]]) throws(ConfigurationError) -> Value
    ) {
        self.files = files
        self.byteLimit = byteLimit
        self.clock = clock
        self.interpret = interpret
    }

    /// What the files mean now; throws only if they never meant anything.
    func current() throws(ConfigurationError) -> Value {
        let now = clock.now().monotonic
        return try state.withLock { state throws(ConfigurationError) in
            if let value = state.value, !isDue(&state, now) { return value }
            do throws(ConfigurationError) {
                let (value, identities) = try read()
                state = State(value: value, identities: identities, lastCheck: now, lastRead: now)
                return value
            } catch {
                guard let value = state.value else { throw error }
                state.isExpired = false
                return value
            }
        }
    }

    /// The last value that was read, without looking at the files.
    var lastValue: Value? { state.withLock { $0.value } }

    /// Makes the next look read the files, whether they changed or not.
    func expire() { state.withLock { $0.isExpired = true } }

    private func isDue(_ state: inout State, _ now: Duration) -> Bool {
        if state.isExpired { return true }
        if let lastCheck = state.lastCheck, now - lastCheck < Self.checkInterval { return false }
        state.lastCheck = now
        if let lastRead = state.lastRead, now - lastRead >= Self.rereadInterval { return true }
        return identities() != state.identities
    }

    /// The files' identities; nil while one of them is away.
    private func identities() -> [FileContents.Identity]? {
        try? files.map { try FileContents.Identity(path: $0.path) }
    }

    /// Reads all files as they were at one moment: a certificate must not meet the key of another.
    private func read() throws(ConfigurationError) -> (Value, [FileContents.Identity]) {
        var contents = try readEach()
        for _ in 1..<Self.attempts where identities() != contents.map(\.identity) { contents = try readEach() }
        return (try interpret(contents.map(\.bytes)), contents.map(\.identity))
    }

    private func readEach() throws(ConfigurationError) -> [FileContents] {
        var contents: [FileContents] = []
        for file in files {
            do {
                contents.append(try FileContents(path: file.path, limit: byteLimit))
            } catch {
                throw .unreadable(file: file.path, problem: error, namedBy: file.namedBy)
            }
        }
        return contents
    }
}
