internal import CCurl
internal import Glibc
internal import Threading

/// The one thread that drives libcurl's multi interface and all easy handles of a transport.
///
/// Others talk to it through `post`. It sleeps in `curl_multi_poll` until a socket stirs, a command comes or a limit
/// is reached: with nothing to do it does not wake at all.
final class EventLoop: Sendable {
    enum Command: Sendable {
        case start(Transfer)
        case resume(Transfer)
        case remove(Transfer)
        case sever(Transfer)
    }

    private struct Inbox {
        var commands: [Command] = []
        var isStopping = false
    }

    private let inbox = Locked(Inbox())
    /// The loop's thread uses it freely; others only for `curl_multi_wakeup`, which may be called from any thread, and
    /// only under the inbox's lock and before `isStopping`, so that it never meets the final clean-up.
    nonisolated(unsafe) private let multi: UnsafeMutableRawPointer
    /// The time at which this turn of the loop began. Touched on the loop's thread only.
    nonisolated(unsafe) private(set) var now = ContinuousClock.now
    /// No limit is reached before this; nil: there is none. Touched on the loop's thread only.
    nonisolated(unsafe) private var nextDeadline: ContinuousClock.Instant?
    /// How often the loop has turned; for tests that it sleeps when idle.
    let turns = Locked(0)

    /// `curl_global_init` is to be called once, before other threads use libcurl.
    private static let isInitialized = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(name: String) throws {
        guard Self.isInitialized, let multi = curl_multi_init() else {
            throw TransportError(kind: .other, peer: "", detail: "libcurl cannot be initialized")
        }
        self.multi = multi
        // HTTP/2 streams share connections. API servers allow 250 streams, but beyond 100 libcurl would make a
        // connection for each further request.
        _ = remora_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        _ = remora_curl_multi_set_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, 100)
        try NamedThread.start(name) { self.run() }
    }

    /// Hands a command to the loop; false when the loop has ended.
    @discardableResult
    func post(_ command: Command) -> Bool {
        inbox.withLock { inbox in
            guard !inbox.isStopping else { return false }
            inbox.commands.append(command)
            curl_multi_wakeup(multi)
            return true
        }
    }

    /// Ends every transfer and the thread.
    func stop() {
        inbox.withLock { inbox in
            guard !inbox.isStopping else { return }
            inbox.isStopping = true
            curl_multi_wakeup(multi)
        }
    }

    // MARK: On the loop's thread

    private func run() {
        /// Keeps transfers alive while libcurl holds pointers to them.
        var live: [UnsafeMutableRawPointer: Transfer] = [:]
        while true {
            now = .now
            let (commands, isStopping) = inbox.withLock { inbox in
                var commands: [Command] = []
                swap(&commands, &inbox.commands)
                return (commands, inbox.isStopping)
            }
            if !commands.isEmpty { reconsiderLimits() }
            for command in commands { carryOut(command, &live) }
            if isStopping { break }

            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            collectFinished(&live)
            if let deadline = nextDeadline, deadline <= now { nextDeadline = enforceLimits(&live) }
            curl_multi_poll(multi, nil, 0, milliseconds(until: nextDeadline), nil)
            turns.withLock { $0 += 1 }
        }
        for transfer in live.values {
            curl_multi_remove_handle(multi, transfer.easy)
            transfer.finish(.failure(TransportError(kind: .shutDown, peer: transfer.peer, detail: "")))
        }
        curl_multi_cleanup(multi)
    }

    /// Loop: another limit counts for some transfer from now on; look before the next sleep.
    func reconsiderLimits() { nextDeadline = now }

    private func carryOut(_ command: Command, _ live: inout [UnsafeMutableRawPointer: Transfer]) {
        switch command {
        case .start(let transfer):
            guard !transfer.isFinished else { return }
            do {
                try transfer.configure()
            } catch {
                return transfer.finish(.failure(error))
            }
            transfer.progress.started = now
            transfer.progress.lastByte = now
            live[transfer.easy] = transfer
            curl_multi_add_handle(multi, transfer.easy)
        case .resume(let transfer):
            guard live[transfer.easy] != nil else { return }
            transfer.progress.lastByte = now
            // May call back with the bytes that were held, at once.
            curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
        case .remove(let transfer):
            guard live.removeValue(forKey: transfer.easy) != nil else { return }
            curl_multi_remove_handle(multi, transfer.easy)
        case .sever(let transfer):
            guard live[transfer.easy] != nil else { return }
            sever(transfer)
        }
    }

    private func collectFinished(_ live: inout [UnsafeMutableRawPointer: Transfer]) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            curl_multi_remove_handle(multi, easy)
            live.removeValue(forKey: easy)?.completed(code)
        }
    }

    /// Ends the transfers that have passed a limit and returns when to look again.
    private func enforceLimits(_ live: inout [UnsafeMutableRawPointer: Transfer]) -> ContinuousClock.Instant? {
        var next: ContinuousClock.Instant?
        for transfer in live.values {
            guard let deadline = transfer.deadline else { continue }
            if deadline.at > now {
                next = min(next ?? deadline.at, deadline.at)
                continue
            }
            // A connection on which nothing came for as long is most likely dead: it must not serve the next request.
            if let silence = transfer.connectionSilence, silence >= deadline.after { sever(transfer) }
            live.removeValue(forKey: transfer.easy)
            curl_multi_remove_handle(multi, transfer.easy)
            transfer.finish(
                .failure(
                    TransportError(
                        kind: .timeout(deadline.limit), peer: transfer.peer,
                        detail: "nothing within \(deadline.after.formattedSeconds)")))
        }
        return next
    }

    /// Shuts the socket down; libcurl then finds the connection closed, fails all exchanges on it and drops it.
    private func sever(_ transfer: Transfer) {
        if let socket = transfer.activeSocket { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    private func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        // libcurl's own timers and `curl_multi_wakeup` shorten the wait, so without a limit it may be as long as it likes.
        guard let deadline else { return .max }
        let (seconds, attoseconds) = max(deadline - now, .zero).components
        return Int32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }
}

extension Duration {
    /// For messages: `30 s`, `0.5 s`.
    var formattedSeconds: String {
        let seconds = Double(components.seconds) + Double(components.attoseconds) * 1e-18
        return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
    }
}
