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

    let addresses: AddressPolicy
    private let inbox = Locked(Inbox())
    /// The loop's thread uses it freely; others only for `curl_multi_wakeup`, which may be called from any thread, and
    /// only under the inbox's lock and before `isStopping`, so that it never meets the final clean-up.
    nonisolated(unsafe) private let multi: UnsafeMutableRawPointer
    /// The time at which this turn of the loop began. Touched on the loop's thread only.
    nonisolated(unsafe) private(set) var now = ContinuousClock.now
    /// No limit is reached before this; nil: there is none. Touched on the loop's thread only.
    nonisolated(unsafe) private var nextDeadline: ContinuousClock.Instant?
    /// The sockets that libcurl has open. Touched on the loop's thread only: libcurl opens and closes them there.
    nonisolated(unsafe) var connections = ConnectionTable()
    /// Transfers that have received bytes in this turn for which somebody waits. Touched on the loop's thread only.
    nonisolated(unsafe) var awaited: [Transfer] = []
    /// How often the loop has turned; for tests that it sleeps when idle.
    let turns = Locked(0)

    /// `curl_global_init` is to be called once, before other threads use libcurl.
    private static let isInitialized = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init(name: String, addresses: AddressPolicy) throws {
        self.addresses = addresses
        guard Self.isInitialized, let multi = curl_multi_init() else {
            throw TransportError(kind: .other, peer: "", detail: "libcurl cannot be initialized")
        }
        self.multi = multi
        // HTTP/2 streams share connections: up to 100 of them one, which is libcurl's default.
        _ = remora_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        do {
            try NamedThread.start(name) { self.run() }
        } catch {
            curl_multi_cleanup(multi)
            throw error
        }
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

    /// Keeps transfers alive while libcurl holds pointers to them.
    private typealias Live = [UnsafeMutableRawPointer: Transfer]

    private func run() {
        Self.blockPipeSignal()
        var live: Live = [:]
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
            deliverAwaited()
            collectFinished(&live)
            if let deadline = nextDeadline, deadline <= now { nextDeadline = enforceLimits(&live) }
            curl_multi_poll(multi, nil, 0, milliseconds(until: nextDeadline), nil)
            turns.withLock { $0 += 1 }
        }
        for transfer in live.values {
            end(transfer, TransportError(kind: .shutDown, peer: transfer.peer, detail: ""), &live)
        }
        awaited = []
        curl_multi_cleanup(multi)
    }

    /// Loop: another limit counts for some transfer from now on; look before the next sleep.
    func reconsiderLimits() { nextDeadline = now }

    private func carryOut(_ command: Command, _ live: inout Live) {
        switch command {
        case .start(let transfer):
            if !transfer.isFinished { start(transfer, &live) }
        case .resume(let transfer):
            if live[transfer.easy] != nil { resume(transfer, &live) }
        case .remove(let transfer):
            if live[transfer.easy] != nil { abandon(transfer, &live) }
        case .sever(let transfer):
            guard live[transfer.easy] != nil else { return }
            sever(transfer)
            let error = TransportError(kind: .interrupted, peer: transfer.peer, detail: "it was given up as dead")
            end(transfer, error, &live)
        }
    }

    private func start(_ transfer: Transfer, _ live: inout Live) {
        do {
            try transfer.configure()
        } catch {
            return transfer.finish(.failure(error))
        }
        transfer.progress.started = now
        transfer.progress.lastByte = now
        let code = curl_multi_add_handle(multi, transfer.easy)
        guard code == CURLM_OK else {
            let detail = String(cString: curl_multi_strerror(code))
            return transfer.finish(.failure(TransportError(kind: .other, peer: transfer.peer, detail: detail)))
        }
        live[transfer.easy] = transfer
    }

    private func resume(_ transfer: Transfer, _ live: inout Live) {
        transfer.progress.isPaused = false
        transfer.progress.lastByte = now
        // May call back with the bytes that were held, at once.
        let code = curl_easy_pause(transfer.easy, CURLPAUSE_CONT)
        if code != CURLE_OK { end(transfer, TransportError(code: code, detail: "", peer: transfer.peer), &live) }
    }

    private func end(_ transfer: Transfer, _ error: TransportError, _ live: inout Live) {
        abandon(transfer, &live)
        transfer.finish(.failure(error))
    }

    /// Lets go of a transfer before its end. An HTTP/1.1 connection is closed with it.
    private func abandon(_ transfer: Transfer, _ live: inout Live) {
        let connection = transfer.connection
        live[transfer.easy] = nil
        curl_multi_remove_handle(multi, transfer.easy)
        if let connection, connections.isOpen(connection) { flushReset(on: connection, live) }
    }

    /// Lets the server learn that an HTTP/2 stream has ended.
    ///
    /// libcurl 7.88 keeps the RST_STREAM frame to itself until it has something else to send on the connection, so that
    /// the server would go on with a watch that nobody reads. It sends all that it keeps when a paused transfer goes on;
    /// where there is no other transfer, the connection's end does as well.
    private func flushReset(on connection: ConnectionTable.Open, _ live: Live) {
        let other = live.values.first {
            $0.progress.head != nil && !$0.progress.isPaused && $0.connection?.identity == connection.identity
        }
        if let other {
            curl_easy_pause(other.easy, CURLPAUSE_RECV)
            curl_easy_pause(other.easy, CURLPAUSE_CONT)
        } else if !live.values.contains(where: { $0.connection?.identity == connection.identity }) {
            shutdown(connection.socket, Int32(SHUT_RDWR))
        }
    }

    private func deliverAwaited() {
        for transfer in awaited { transfer.deliver() }
        awaited.removeAll(keepingCapacity: true)
    }

    private func collectFinished(_ live: inout Live) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            curl_multi_remove_handle(multi, easy)
            live.removeValue(forKey: easy)?.completed(code)
        }
    }

    /// Ends the transfers that have passed a limit and returns when to look again.
    private func enforceLimits(_ live: inout Live) -> ContinuousClock.Instant? {
        var next: ContinuousClock.Instant?
        for transfer in live.values {
            guard let deadline = transfer.deadline else { continue }
            if deadline.at > now {
                next = min(next ?? deadline.at, deadline.at)
                continue
            }
            // A connection on which nothing came is most likely dead: it must not serve the next request. Half the time
            // is enough: the begin of a TLS record may have come later than the last byte that could be read of it.
            if let silence = transfer.connectionSilence, silence >= deadline.after / 2 { sever(transfer) }
            end(transfer, TransportError(deadline.limit, after: deadline.after, peer: transfer.peer), &live)
        }
        return next
    }

    /// Shuts the socket down; libcurl then finds the connection closed, fails all exchanges on it and drops it.
    private func sever(_ transfer: Transfer) {
        if let socket = transfer.connection?.socket { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    private func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
        // libcurl's own timers and `curl_multi_wakeup` shorten the wait, so without a limit it may be as long as it likes.
        guard let deadline else { return .max }
        return Int32(clamping: (deadline - now).wholeMilliseconds + 1)
    }

    /// A TLS library that writes to a connection which the peer has closed must not end the program. libcurl leaves that
    /// to us, since with signal handlers of its own (`CURLOPT_NOSIGNAL`) it would disturb other threads.
    private static func blockPipeSignal() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
