package import KubernetesClient
import Threading

/// Watches an informer from a subscriber's seat and holds it to its guarantees.
///
/// It keeps the picture that a subscriber gets from the events alone. Every event has to fit the picture, versions of an
/// object have to grow, and in the end picture, cache and server have to agree.
package final class InformerOracle<Object: WatchedObject>: Sendable {
    private struct Seen: Sendable {
        var uid: String
        var version: String
    }

    private struct State {
        var picture: [ObjectKey: Seen] = [:]
        var violations: [String] = []
        var counts: [String: Int] = [:]
        var isSynced = false
    }

    package let informer: Informer<Object>
    private let subscription: InformerSubscription<Object>
    private let state = Locked(State())
    /// How long each batch is held up, to play a slow hook.
    private let delay: Duration

    package init(_ informer: Informer<Object>, limit: Int = 4096, delay: Duration = .zero) {
        self.informer = informer
        self.delay = delay
        subscription = informer.subscribe(limit: limit)
    }

    /// Runs the informer and follows it until the task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.informer.run() }
            group.addTask { await self.follow() }
        }
    }

    private func follow() async {
        for await batch in subscription {
            state.withLock { state in
                for event in batch.events { Self.check(event, &state) }
                state.isSynced = batch.isSynced
            }
            if delay > .zero { try? await Task.sleep(for: delay) }
        }
    }

    private static func check(_ event: InformerEvent<Object>, _ state: inout State) {
        let identity = event.change.object.identity
        let known = state.picture[identity.key]
        func violation(_ text: String) {
            state.violations.append("\(identity.key) \(identity.uid)@\(identity.resourceVersion): \(text)")
        }
        state.counts["\(event.source)", default: 0] += 1
        switch event.change {
        case .added:
            state.counts["added", default: 0] += 1
            if known != nil { violation("added, though it is there") }
        case .modified(_, from: let earlier):
            state.counts["modified", default: 0] += 1
            if known?.uid != identity.uid { violation("modified, though \(known?.uid ?? "nothing") is there") }
            if known?.version != earlier.identity.resourceVersion { violation("modified from a version not seen") }
            // A list may go back: the server was restored from a backup.
            if event.source == .watch, let known, let old = UInt64(known.version),
                let new = UInt64(identity.resourceVersion), new <= old
            {
                violation("went back in time from \(known.version)")
            }
        case .deleted:
            state.counts["deleted", default: 0] += 1
            if known == nil { violation("deleted, though it is not there") }
            if let known, known.uid != identity.uid { violation("deleted, though \(known.uid) is there") }
        }
        if case .deleted = event.change {
            state.picture[identity.key] = nil
        } else {
            state.picture[identity.key] = Seen(uid: identity.uid, version: identity.resourceVersion)
        }
    }

    /// What was found wrong so far.
    package var violations: [String] { state.withLock { $0.violations } }

    /// How many events there were: `added`, `modified`, `deleted`, and by source `initial`, `watch`, `relist`.
    package func count(_ name: String) -> Int { state.withLock { $0.counts[name, default: 0] } }

    /// How many intermediate states were merged away.
    package var mergedEvents: Int { subscription.mergedEvents }

    /// The subscriber's picture: `namespace/name` → version.
    package var picture: [String: String] {
        state.withLock { state in
            state.picture.reduce(into: [:]) { $0[$1.key.description] = $1.value.version }
        }
    }

    /// The informer's cache in the same form.
    package var cache: [String: String] {
        informer.objects.reduce(into: [:]) { $0[$1.identity.key.description] = $1.identity.resourceVersion }
    }

    /// Waits until picture and cache both equal what the server has; nil on success, else what is different.
    ///
    /// `truth` is asked each time, in the form `namespace/name` → version.
    package func disagreement(
        within patience: Duration = .seconds(240), with truth: () async throws -> [String: String]
    ) async throws -> String? {
        let deadline = ContinuousClock.now + patience
        while true {
            let expected = try await truth()
            let (picture, cache) = (picture, cache)
            if picture == expected, cache == expected { return nil }
            if ContinuousClock.now > deadline {
                return "picture: \(Self.difference(picture, expected)); cache: \(Self.difference(cache, expected)); "
                    + "\(informer.health)"
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private static func difference(_ actual: [String: String], _ expected: [String: String]) -> String {
        let missing = expected.keys.filter { actual[$0] == nil }.sorted().prefix(3)
        let surplus = actual.keys.filter { expected[$0] == nil }.sorted().prefix(3)
        let other = actual.keys.filter { expected[$0] != nil && expected[$0] != actual[$0] }.sorted().prefix(3)
        return "missing \(missing), surplus \(surplus), other version \(other)"
    }
}

/// Waits for a condition; false if it does not come about in time.
package func eventually(
    within patience: Duration = .seconds(240), _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let deadline = ContinuousClock.now + patience
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return try await condition()
}
