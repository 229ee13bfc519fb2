import Testing

@testable import KubernetesClient

/// The machine against a model of a server, through hours of simulated time.
@Suite struct SimulatedTimeTests {
    /// What an idle server does, and how many requests it saw.
    struct IdleServer {
        var machine: ReflectorStateMachine
        var now = Duration.zero
        var lists = 0
        var watches = 0
        var verifications = 0
        var probes = 0
        /// Between two bookmarks; nil: the server sends none.
        let bookmarkInterval: Duration?
        let isShared: Bool

        init(seed: UInt64, isShared: Bool, bookmarkInterval: Duration?) {
            machine = ReflectorStateMachine(settings: ReflectorSettings(), seed: seed)
            self.isShared = isShared
            self.bookmarkInterval = bookmarkInterval
        }

        mutating func run(for duration: Duration) {
            let version = ResourceVersion("100")
            var action = machine.start(now: now)
            while now < duration {
                switch action {
                case .wait(let wait):
                    now += wait
                    action = machine.waited(now: now)
                case .list:
                    lists += 1
                    action = machine.listed(version: version, continueToken: nil, isShared: isShared, now: now).next
                case .verify:
                    verifications += 1
                    action = machine.verified(now: now)
                case .watch(let request):
                    watches += 1
                    action = watch(request)
                }
            }
        }

        /// A watch on which nothing happens but bookmarks, until its lifetime is over.
        private mutating func watch(_ request: WatchRequest) -> ReflectorStateMachine.Action {
            machine.watchOpened(isShared: isShared, now: now)
            let end = now + request.lifetime
            var bookmarks: [Duration] = []
            if let bookmarkInterval {
                var at = now + bookmarkInterval
                while at < end - .seconds(2) {
                    bookmarks.append(at)
                    at += bookmarkInterval
                }
                bookmarks.append(end - .seconds(2))
            }
            while now < end {
                let timer = machine.nextTimer() ?? end
                let next = min(timer, bookmarks.first ?? end, end)
                now = max(now, next)
                if bookmarks.first == next {
                    bookmarks.removeFirst()
                    machine.receivedBytes(now: now)
                    _ = machine.received(.bookmark(version: "100", isInitialEventsEnd: false), now: now)
                } else if next == timer, next < end {
                    switch machine.timerFired(now: now) {
                    case .none: break
                    case .probe:
                        probes += 1
                        _ = machine.probeAnswered(overSameConnection: true, now: now)
                    case .abandon: return machine.watchEnded(didBreak: false, now: now)
                    }
                }
            }
            return machine.watchEnded(didBreak: false, now: now)
        }
    }

    @Test("an idle hour over HTTP/2 costs no list but the first, and at most 14 watches", arguments: UInt64(0)..<20)
    func idleHour(seed: UInt64) {
        var server = IdleServer(seed: seed, isShared: true, bookmarkInterval: .seconds(60))
        server.run(for: .seconds(3600))
        #expect(server.lists == 1)
        #expect(server.verifications == 0)
        #expect(server.watches <= 14)
        #expect(server.machine.statistics.restarts.keys.allSatisfy { $0 == .lifetime })
    }

    @Test("an idle hour over HTTP/1.1 costs no list but the first", arguments: UInt64(0)..<20)
    func idleUnsharedHour(seed: UInt64) {
        var server = IdleServer(seed: seed, isShared: false, bookmarkInterval: .seconds(60))
        server.run(for: .seconds(3600))
        #expect(server.lists == 1)
        #expect(server.verifications == 0)
        #expect(server.watches <= 3600 / 20 + 1)
    }

    @Test("a server without bookmarks is verified at most seven times in an idle hour, and never listed again")
    func idleHourWithoutBookmarks() {
        for isShared in [true, false] {
            var server = IdleServer(seed: 1, isShared: isShared, bookmarkInterval: nil)
            server.run(for: .seconds(3600))
            #expect(server.lists == 1)
            #expect(server.verifications <= 7)
        }
    }

    @Test("ten minutes of refused connections cost at most 25 tries, and recovery takes at most 35 s")
    func refusedForTenMinutes() throws {
        for seed in UInt64(0)..<200 {
            var machine = ReflectorStateMachine(settings: ReflectorSettings(), seed: seed)
            _ = machine.start(now: .zero)
            _ = machine.listed(version: ResourceVersion("7"), continueToken: nil, isShared: true, now: .zero)
            var now = Duration.zero
            var tries = 1
            var longest = Duration.zero
            while true {
                guard case .wait(let wait) = machine.watchRefused(.connection, now: now) else {
                    return #expect(Bool(false), "seed \(seed)")
                }
                now += wait
                longest = max(longest, wait)
                if now > .seconds(600) { break }
                _ = machine.waited(now: now)
                tries += 1
            }
            #expect(tries <= 25, "seed \(seed)")
            #expect(longest <= .seconds(35), "seed \(seed)")
        }
    }

    @Test("a server that is back within 12 s is found again within 5 s")
    func shortOutage() throws {
        for seed in UInt64(0)..<200 {
            var machine = ReflectorStateMachine(settings: ReflectorSettings(), seed: seed)
            _ = machine.start(now: .zero)
            _ = machine.listed(version: ResourceVersion("7"), continueToken: nil, isShared: true, now: .zero)
            var now = Duration.zero
            while now < .seconds(12) {
                guard case .wait(let wait) = machine.watchRefused(.connection, now: now) else {
                    return #expect(Bool(false), "seed \(seed)")
                }
                #expect(wait < .seconds(5), "seed \(seed) at \(now)")
                now += wait
                _ = machine.waited(now: now)
            }
        }
    }
}
