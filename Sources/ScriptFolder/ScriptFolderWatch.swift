internal import Glibc
internal import Threading

/// Follows sources: first everything that is there, then each change, soon after it was saved.
///
/// ```swift
/// for await update in ScriptFolderWatch([ScriptSource(path: "scripts")]) {
///     for change in update.changes { … }
/// }
/// ```
///
/// For one consumer. A thread of its own waits for notices of the kernel and, once it has been quiet for a while, reads
/// everything and compares (``ScriptFolderState``); so whatever an editor does, the outcome is the change of contents.
/// Nothing is read ahead: while the consumer works on an update, changes gather in the folders and become one update. The
/// sequence ends when its task is cancelled or ``stop()`` is called; the first element always comes, even if empty.
public final class ScriptFolderWatch: AsyncSequence, Sendable {
    /// What changed.
    public typealias Element = ScriptFolderUpdate
    /// It never fails; what could not be read is in the updates.
    public typealias Failure = Never

    private struct Shared {
        var consumer: CheckedContinuation<ScriptFolderUpdate?, Never>?
        var isStopped = false
        var hasStarted = false
    }

    private let sources: [ScriptSource]
    private let limits: ScriptFolderLimits
    private let shared = Locked(Shared())
    private let wake = WakePipe()

    /// Names the sources. The thread starts with the first element.
    public init(_ sources: [ScriptSource], limits: ScriptFolderLimits = ScriptFolderLimits()) {
        self.sources = sources
        self.limits = limits
    }

    deinit { stop() }

    /// Ends the sequence and the thread.
    public func stop() {
        let consumer = shared.withLock { shared in
            shared.isStopped = true
            defer { shared.consumer = nil }
            return shared.consumer
        }
        consumer?.resume(returning: nil)
        wake.signal()
    }

    /// The sequence's iterator.
    public func makeAsyncIterator() -> Iterator { Iterator(watch: self) }

    /// Waits for updates.
    public struct Iterator: AsyncIteratorProtocol {
        let watch: ScriptFolderWatch

        /// The next update; nil at the end.
        public mutating func next() async -> ScriptFolderUpdate? { await watch.next() }

        /// The next update; nil at the end.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> ScriptFolderUpdate? {
            await watch.next()
        }
    }

    private func next() async -> ScriptFolderUpdate? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isRefused, starts) = shared.withLock { shared in
                    guard !shared.isStopped, shared.consumer == nil else { return (true, false) }
                    shared.consumer = continuation
                    defer { shared.hasStarted = true }
                    return (false, !shared.hasStarted)
                }
                if isRefused { return continuation.resume(returning: nil) }
                if starts { start() } else { wake.signal() }
            }
        } onCancel: {
            stop()
        }
    }

    private func start() {
        let loop = WatchLoop(
            sources: sources, limits: limits, wake: wake,
            isWanted: { [shared] in shared.withLock { $0.isStopped ? nil : $0.consumer != nil } },
            deliver: { [shared] update in
                let consumer = shared.withLock { shared in
                    defer { shared.consumer = nil }
                    return shared.consumer
                }
                consumer?.resume(returning: update)
            })
        do {
            try NamedThread.start("script-folder") { loop.run() }
        } catch {
            var update = ScriptFolderUpdate()
            update.problems = [ScriptFolderProblem(path: sources.first?.path ?? "", text: "\(error)")]
            shared.withLock { $0.consumer.take() }?.resume(returning: update)
            stop()
        }
    }
}

/// What the thread of a ``ScriptFolderWatch`` does. It does not hold the watch, so that the watch can end it.
private struct WatchLoop: Sendable {
    let sources: [ScriptSource]
    let limits: ScriptFolderLimits
    let wake: WakePipe
    /// Whether somebody waits for an update; nil when the thread is to end.
    let isWanted: @Sendable () -> Bool?
    let deliver: @Sendable (ScriptFolderUpdate) -> Void

    func run() {
        let scanner = FolderScanner(sources, limits: limits)
        var state = ScriptFolderState(limits: limits)
        var notices = FolderNotices()
        var unrest = Unrest(limits: limits)
        var nextRescan = ContinuousClock.now
        var hasDelivered = false
        while let isWanted = isWanted() {
            let due = min(nextRescan, unrest.due ?? nextRescan, state.nextLook ?? nextRescan)
            if isWanted, due <= .now {
                unrest = Unrest(limits: limits)
                notices.beginListing()
                let scan = scanner.scan { notices.list($0) }
                notices.endListing()
                nextRescan = .now + (notices.isBlind ? limits.pollInterval : limits.rescanInterval)
                let update = state.take(scan, at: .now)
                if !update.isEmpty || !hasDelivered { deliver(update) }
                hasDelivered = true
                continue
            }
            wait(for: notices.pollDescriptor, until: isWanted ? due : nil)
            wake.drain()
            if notices.take() { unrest.note(at: .now) }
        }
    }

    private func wait(for descriptor: Int32, until due: ContinuousClock.Instant?) {
        var polled = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake.reading, events: Int16(POLLIN), revents: 0),
        ]
        // Rounded up, so that the time has come when poll returns.
        let milliseconds = due.map { max(0, ($0 - .now) / .milliseconds(1)) + 1 } ?? -1
        poll(&polled, nfds_t(polled.count), Int32(min(milliseconds, 1e6)))
    }
}

/// When it has been quiet for long enough after notices.
private struct Unrest {
    let limits: ScriptFolderLimits
    private var first: ContinuousClock.Instant?
    private var last: ContinuousClock.Instant?

    init(limits: ScriptFolderLimits) { self.limits = limits }

    mutating func note(at now: ContinuousClock.Instant) {
        first = first ?? now
        last = now
    }

    var due: ContinuousClock.Instant? {
        guard let first, let last else { return nil }
        return min(last + limits.quietTime, first + limits.longestUnrest)
    }
}

/// A pipe by which other threads end a `poll`.
private final class WakePipe: Sendable {
    let reading: Int32
    private let writing: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        (reading, writing) = (ends[0], ends[1])
        for end in ends where end >= 0 {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
    }

    deinit {
        if reading >= 0 { close(reading) }
        if writing >= 0 { close(writing) }
    }

    /// A full pipe wakes as well.
    func signal() { _ = [0 as UInt8].withUnsafeBytes { write(writing, $0.baseAddress, 1) } }

    func drain() {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while read(reading, buffer.baseAddress, buffer.count) > 0 {}
        }
    }
}
