package import KubernetesClient
internal import Threading
internal import Timestamps

/// Takes part in an election by a Lease, and tells whether we lead.
package final class LeaderElector: Sendable {
    /// What became of us.
    package enum Change: Sendable {
        /// We lead from now on. `former` is the lease as its last holder left it.
        case began(former: Lease?)
        /// We lead no more.
        case ended(reason: String)
    }

    /// Each change, in order.
    package let changes: AsyncStream<Change>

    private let client: KubernetesClient
    private let identity: String
    private let annotations: @Sendable () -> [String: String]
    private let sighted: @Sendable (Lease) -> Void
    private let election: Locked<LeaseElection>
    private let news: AsyncStream<Change>.Continuation
    private let errorText = Locked<String?>(nil)
    private let epoch = ContinuousClock.now

    /// - Parameters:
    ///   - identity: unique for each process that may run at the same time as others.
    ///   - annotations: what a renewal leaves for a successor.
    ///   - sighted: told of each lease of another that was read.
    package init(
        client: KubernetesClient, identity: String, key: ObjectKey, settings: LeaseElection.Settings = .init(),
        annotations: @escaping @Sendable () -> [String: String] = { [:] },
        sighted: @escaping @Sendable (Lease) -> Void = { _ in }
    ) {
        self.client = client
        self.identity = identity
        self.annotations = annotations
        self.sighted = sighted
        election = Locked(LeaseElection(identity: identity, key: key, settings: settings))
        (changes, news) = AsyncStream.makeStream()
    }

    /// Whether we lead, as far as we know.
    package var isLeading: Bool { election.withLock { $0.isLeading } }

    /// Whether we may act: see ``LeaseElection/Settings/actDeadline``. To be asked before each act.
    package var mayAct: Bool {
        let now = now
        return election.withLock { $0.mayAct(now: now) }
    }

    /// What kept the lease from being read or written last; nil since the last success.
    package var lastError: String? { errorText.withLock { $0 } }

    /// Asks for a renewal soon, for what is to be left for a successor.
    package func nudge() { election.withLock { $0.nudge() } }

    private var now: Duration { .now - epoch }

    /// Takes part until the task is cancelled; then gives the lease up, if it is ours.
    package func run() async {
        while !Task.isCancelled {
            let now = now
            let (step, lost) = election.withLock { election in
                let wasLeading = election.isLeading
                let step = election.next(now: now, wall: .now(), annotations: annotations())
                return (step, wasLeading && !election.isLeading)
            }
            if lost { news.yield(.ended(reason: "the lease could not be renewed in time")) }
            await carryOut(step)
        }
    }

    /// Gives the lease up. Not part of ``run()``, since it is the last of what a leader does.
    package func release() async {
        let lease = election.withLock { $0.release(wall: .now(), annotations: annotations()) }
        guard var lease else { return }
        for _ in 0..<3 {
            do {
                _ = try await client.write(lease)
                break
            } catch {
                // A renewal that was given up half-way may have been carried out. Where nothing helps, others wait
                // until the lease has expired.
                guard let known = try? await client.lease(lease.key), known.holder == identity else { break }
                lease.resourceVersion = known.resourceVersion
            }
        }
        news.yield(.ended(reason: "the lease was given up"))
    }

    private func carryOut(_ step: LeaseElection.Step) async {
        switch step {
        // In short steps, so that a nudge is heard.
        case .wait(let duration): try? await Task.sleep(for: min(duration, .milliseconds(200)))
        case .read: await read()
        case .write(let lease): await write(lease, former: nil)
        }
    }

    private func read() async {
        let key = election.withLock { $0.key }
        do {
            let lease = try await client.lease(key)
            errorText.withLock { $0 = nil }
            let now = now
            let wasLeading = isLeading
            let step = election.withLock {
                $0.read(lease, now: now, wall: .now(), annotations: annotations())
            }
            if wasLeading, !isLeading { news.yield(.ended(reason: "\(lease?.holder ?? "another") has the lease")) }
            if case .write(let wanted) = step { return await write(wanted, former: lease) }
            if let lease { sighted(lease) }
        } catch {
            if Task.isCancelled { return }
            errorText.withLock { $0 = "\(error)" }
            let now = now
            _ = election.withLock { $0.readFailed(now: now) }
        }
    }

    private func write(_ lease: Lease, former: Lease?) async {
        let sent = now
        do {
            let written = try await client.write(lease)
            errorText.withLock { $0 = nil }
            let began = election.withLock { election in
                let wasLeading = election.isLeading
                election.written(written, sent: sent)
                return !wasLeading && election.isLeading
            }
            if began { news.yield(.began(former: former)) }
        } catch {
            if Task.isCancelled { return }
            errorText.withLock { $0 = "\(error)" }
            let isConflict = [404, 409].contains((error as? APIError)?.status?.code)
            let now = now
            let step = election.withLock { $0.writeFailed(isConflict: isConflict, now: now) }
            if step == .read { await read() }
        }
    }
}
