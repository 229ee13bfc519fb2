import Testing

@testable import KubernetesClient

/// One test per arrow of the machine's diagram; no I/O, and time is a number.
@Suite struct ReflectorStateMachineTests {
    typealias Machine = ReflectorStateMachine

    static func machine(_ change: (inout ReflectorSettings) -> Void = { _ in }) -> Machine {
        var settings = ReflectorSettings()
        change(&settings)
        return Machine(settings: settings, seed: 1)
    }

    /// A machine that watches since version 100 over HTTP/2, opened at second 0.
    static func watching(_ change: (inout ReflectorSettings) -> Void = { _ in }, isShared: Bool = true) -> Machine {
        var machine = machine(change)
        _ = machine.start(now: .zero)
        _ = machine.listed(version: ResourceVersion("100"), continueToken: nil, isShared: isShared, now: .zero)
        machine.watchOpened(isShared: isShared, now: .zero)
        return machine
    }

    static func since(_ action: Machine.Action) -> String? {
        if case .watch(let request) = action, case .after(let version) = request.start { version.text } else { nil }
    }

    static func wait(_ action: Machine.Action) -> Duration? {
        if case .wait(let duration) = action { duration } else { nil }
    }

    static let firstPage = Machine.Action.list(ListPageRequest(limit: 500))
    static let unavailable = Machine.Failure.status(APIStatus(code: 503), retryAfter: nil)
    static let expired = APIStatus(code: 410, reason: "Expired")
    static let future = APIStatus(code: 504, reason: "Timeout", causes: [.init(reason: "ResourceVersionTooLarge")])

    // MARK: Listing

    @Test("starting lists the first page of the newest state")
    func start() {
        var machine = Self.machine()
        #expect(machine.start(now: .zero) == Self.firstPage)
        #expect(machine.statistics.lists == 1)
    }

    @Test("pages follow their continue tokens, and the last one opens a watch at the list's version")
    func pages() {
        var machine = Self.machine()
        _ = machine.start(now: .zero)
        let second = machine.listed(version: ResourceVersion("7"), continueToken: "t", isShared: true, now: .zero)
        #expect(second.isComplete == false)
        #expect(second.next == .list(ListPageRequest(limit: 500, continueToken: "t")))
        let last = machine.listed(version: ResourceVersion("7"), continueToken: nil, isShared: true, now: .zero)
        #expect(last.isComplete)
        #expect(Self.since(last.next) == "7")
        #expect(machine.statistics.lists == 1)
    }

    @Test("it begins with the version it was told, and watches from there")
    func startVersion() {
        var machine = Self.machine { $0.startVersion = ResourceVersion("42") }
        let first = ListPageRequest(limit: 500, exactly: ResourceVersion("42"))
        #expect(machine.start(now: .zero) == .list(first))
        #expect(
            first.query.map { "\($0)=\($1)" } == ["limit=500", "resourceVersion=42", "resourceVersionMatch=Exact"])
        // The server that cannot answer now is asked again for the same.
        #expect(Self.wait(machine.listFailed(Self.unavailable, now: .zero)) != nil)
        #expect(machine.waited(now: .zero) == .list(first))
        let second = machine.listed(version: ResourceVersion("42"), continueToken: "t", isShared: true, now: .zero)
        guard case .list(let request) = second.next else {
            Issue.record("no second page")
            return
        }
        // The token stands for the version; a server refuses both together.
        #expect(request.query.map(\.0) == ["limit", "continue"])
        let last = machine.listed(version: ResourceVersion("42"), continueToken: nil, isShared: true, now: .zero)
        #expect(last.isComplete && Self.since(last.next) == "42")
    }

    @Test("a version to begin with that the server has forgotten is given up for the present, once")
    func forgottenStartVersion() {
        for status in [Self.expired, Self.future, APIStatus(code: 400)] {
            var machine = Self.machine { $0.startVersion = ResourceVersion("42") }
            _ = machine.start(now: .zero)
            #expect(machine.listFailed(.status(status, retryAfter: nil), now: .zero) == Self.firstPage)
            let last = machine.listed(version: ResourceVersion("90"), continueToken: nil, isShared: true, now: .zero)
            #expect(Self.since(last.next) == "90")
        }
    }

    @Test("an expired continue token begins the list again, the second time without pages")
    func expiredToken() {
        var machine = Self.machine()
        _ = machine.start(now: .zero)
        for limit in [500, nil] {
            _ = machine.listed(version: ResourceVersion("7"), continueToken: "t", isShared: true, now: .zero)
            let again = machine.listFailed(.status(Self.expired, retryAfter: nil), now: .zero)
            #expect(again == .list(ListPageRequest(limit: limit)))
        }
    }

    @Test("a page that failed is asked for again, not the whole list")
    func failedPage() throws {
        var machine = Self.machine()
        _ = machine.start(now: .zero)
        _ = machine.listed(version: ResourceVersion("7"), continueToken: "t", isShared: true, now: .zero)
        let wait = try #require(Self.wait(machine.listFailed(Self.unavailable, now: .zero)))
        #expect(.seconds(0.5) ... .seconds(1.1) ~= wait)
        #expect(machine.waited(now: wait) == .list(ListPageRequest(limit: 500, continueToken: "t")))
        #expect(machine.statistics.lists == 1)
    }

    @Test("a page that is too large is halved")
    func largePage() {
        var machine = Self.machine()
        _ = machine.start(now: .zero)
        #expect(machine.listFailed(.tooLarge, now: .zero) == .list(ListPageRequest(limit: 250)))
        #expect(machine.listFailed(.tooLarge, now: .zero) == .list(ListPageRequest(limit: 125)))
    }

    @Test("a list without a version is no list")
    func listWithoutVersion() {
        var machine = Self.machine()
        _ = machine.start(now: .zero)
        let result = machine.listed(version: nil, continueToken: nil, isShared: true, now: .zero)
        #expect(result.isComplete == false)
        #expect(Self.wait(result.next) != nil)
    }

    // MARK: Opening a watch

    @Test("a watch lives 300 to 600 s over HTTP/2 and 20 to 24 s over HTTP/1.1", arguments: [true, false])
    func lifetime(isShared: Bool) throws {
        for seed in UInt64(0)..<100 {
            var machine = Machine(settings: ReflectorSettings(), seed: seed)
            _ = machine.start(now: .zero)
            let next = machine.listed(version: ResourceVersion("7"), continueToken: nil, isShared: isShared, now: .zero)
                .next
            guard case .watch(let request) = next else { return #expect(Bool(false), "\(next)") }
            #expect((isShared ? .seconds(300) ... .seconds(600) : .seconds(20) ... .seconds(24)) ~= request.lifetime)
        }
    }

    @Test("5xx, 429 and lost connections on opening wait and go on from the same version, without a list")
    func refusedWatch() throws {
        let failures: [Machine.Failure] = [
            Self.unavailable, .status(APIStatus(code: 500), retryAfter: nil), .connection,
            .status(APIStatus(code: 429), retryAfter: .seconds(1)), .status(APIStatus(code: 504), retryAfter: nil),
        ]
        for failure in failures {
            var machine = Self.machine()
            _ = machine.start(now: .zero)
            _ = machine.listed(version: ResourceVersion("7"), continueToken: nil, isShared: true, now: .zero)
            #expect(Self.wait(machine.watchRefused(failure, now: .zero)) != nil)
            #expect(Self.since(machine.waited(now: .zero)) == "7")
            #expect(machine.statistics.lists == 1)
        }
    }

    @Test("Retry-After is a lower bound for the wait")
    func retryAfter() throws {
        var machine = Self.machine()
        _ = machine.start(now: .zero)
        _ = machine.listed(version: ResourceVersion("7"), continueToken: nil, isShared: true, now: .zero)
        let failure = Machine.Failure.status(APIStatus(code: 429), retryAfter: .seconds(17))
        #expect(machine.watchRefused(failure, now: .zero) == .wait(.seconds(17)))
        #expect(machine.statistics.restarts == [.throttled: 1])
    }

    @Test("a 410 at the HTTP level costs exactly one list")
    func expiredAtOpening() {
        var machine = Self.machine()
        _ = machine.start(now: .zero)
        _ = machine.listed(version: ResourceVersion("7"), continueToken: nil, isShared: true, now: .zero)
        #expect(machine.watchRefused(.status(Self.expired, retryAfter: nil), now: .zero) == Self.firstPage)
        #expect(machine.statistics.lists == 2)
    }

    @Test("missing permission is asked for again within 24 s, however long it is missing")
    func forbidden() throws {
        var machine = Self.machine()
        _ = machine.start(now: .zero)
        for _ in 0..<50 {
            let failure = Machine.Failure.status(APIStatus(code: 403), retryAfter: nil)
            let wait = try #require(Self.wait(machine.listFailed(failure, now: .zero)))
            #expect(wait <= .seconds(24))
            _ = machine.waited(now: .zero)
        }
        #expect(machine.statistics.restarts == [.forbidden: 50])
    }

    // MARK: Watching

    @Test("events are applied and move the version on")
    func events() {
        var machine = Self.watching()
        #expect(machine.received(.change(version: "101"), now: .zero) == .apply)
        #expect(machine.received(.change(version: "105"), now: .zero) == .apply)
        #expect(machine.version?.text == "105")
    }

    @Test("bookmarks move the version on")
    func bookmarks() {
        var machine = Self.watching()
        #expect(machine.received(.bookmark(version: "180", isInitialEventsEnd: false), now: .zero) == .ignore)
        #expect(Self.since(machine.watchEnded(didBreak: false, now: .seconds(400))) == "180")
    }

    @Test("unknown event types are passed over and counted")
    func unknownType() {
        var machine = Self.watching()
        #expect(machine.received(.unknown, now: .zero) == .ignore)
        #expect(machine.received(.change(version: "101"), now: .zero) == .apply)
        #expect(machine.statistics.unknownEvents == 1)
    }

    @Test("a 410 inside a 200 costs exactly one list, at once on a healthy server")
    func expiredInStream() {
        var machine = Self.watching()
        _ = machine.received(.change(version: "101"), now: .seconds(1))
        #expect(machine.received(.error(Self.expired), now: .seconds(2)) == .end)
        #expect(machine.watchEnded(didBreak: false, now: .seconds(2)) == Self.firstPage)
        #expect(machine.statistics.lists == 2)
        #expect(machine.statistics.restarts == [.expired: 1])
    }

    @Test("after an outage the list that a 410 costs is spread over 4 s")
    func expiredAfterOutage() throws {
        var waits: Set<Int> = []
        for seed in UInt64(0)..<50 {
            var machine = Machine(settings: ReflectorSettings(), seed: seed)
            _ = machine.start(now: .zero)
            _ = machine.listed(version: ResourceVersion("7"), continueToken: nil, isShared: true, now: .zero)
            _ = machine.watchRefused(.connection, now: .zero)
            _ = machine.waited(now: .zero)
            machine.watchOpened(isShared: true, now: .zero)
            _ = machine.received(.error(Self.expired), now: .zero)
            let wait = try #require(Self.wait(machine.watchEnded(didBreak: false, now: .zero)))
            #expect(.zero ... .seconds(4) ~= wait)
            waits.insert(Int(wait.components.seconds))
        }
        #expect(waits == [0, 1, 2, 3])
    }

    @Test("410 for ever: at most three requests a minute once the back-off has grown")
    func expiredForEver() throws {
        var machine = Self.watching()
        var now = Duration.zero
        var requestTimes: [Duration] = []
        for _ in 0..<40 {
            _ = machine.received(.error(Self.expired), now: now)
            var action = machine.watchEnded(didBreak: false, now: now)
            if let wait = Self.wait(action) {
                now += wait
                action = machine.waited(now: now)
            }
            #expect(action == Self.firstPage)
            requestTimes.append(now)
            _ = machine.listed(version: ResourceVersion("100"), continueToken: nil, isShared: true, now: now)
            requestTimes.append(now)
            machine.watchOpened(isShared: true, now: now)
        }
        let settled = requestTimes.filter { $0 > now - .seconds(600) }
        #expect(settled.count <= 30)
    }

    @Test(
        "error events of any code are waited out and cost no list",
        arguments: [500, 504, 503, 0, 999])
    func errorEvent(code: Int) {
        var machine = Self.watching()
        _ = machine.received(.change(version: "101"), now: .seconds(1))
        #expect(machine.received(.error(APIStatus(code: code)), now: .seconds(2)) == .end)
        #expect(Self.wait(machine.watchEnded(didBreak: false, now: .seconds(2))) != nil)
        #expect(Self.since(machine.waited(now: .seconds(3))) == "101")
        #expect(machine.statistics.lists == 1)
    }

    @Test(
        "a garbled line ends the watch, which goes on from the last good event; the third time in a row a list follows")
    func garbled() {
        var machine = Self.watching()
        _ = machine.received(.change(version: "101"), now: .zero)
        for round in 1...3 {
            #expect(machine.received(.garbled, now: .zero) == .end)
            #expect(Self.wait(machine.watchEnded(didBreak: false, now: .zero)) != nil)
            let next = machine.waited(now: .zero)
            if round < 3 {
                #expect(Self.since(next) == "101")
                machine.watchOpened(isShared: true, now: .zero)
            } else {
                #expect(next == Self.firstPage)
            }
        }
    }

    @Test("an event without a version is garbled")
    func eventWithoutVersion() {
        var machine = Self.watching()
        #expect(machine.received(.change(version: ""), now: .zero) == .end)
    }

    @Test("nothing is taken after the line that ended the watch")
    func nothingAfterEnd() {
        var machine = Self.watching()
        #expect(machine.received(.garbled, now: .zero) == .end)
        #expect(machine.received(.change(version: "101"), now: .zero) == .end)
        #expect(machine.version?.text == "100")
    }

    @Test("the orderly end of a watch opens the next one at once")
    func lifetimeOver() {
        var machine = Self.watching()
        _ = machine.received(.change(version: "101"), now: .seconds(1))
        #expect(Self.since(machine.watchEnded(didBreak: false, now: .seconds(300))) == "101")
        #expect(machine.statistics.restarts == [.lifetime: 1])
    }

    @Test("a watch that the server closes at once, without an event, counts as a failure")
    func closedEarly() {
        var machine = Self.watching()
        #expect(Self.wait(machine.watchEnded(didBreak: false, now: .seconds(1))) != nil)
        #expect(machine.statistics.restarts == [.closedEarly: 1])
    }

    @Test("a server that closes three watches in a row at once is asked whether it knows the version")
    func closedEarlyThrice() {
        var machine = Self.watching()
        for _ in 0..<2 {
            #expect(Self.wait(machine.watchEnded(didBreak: false, now: .seconds(1))) != nil)
            _ = machine.waited(now: .seconds(1))
            machine.watchOpened(isShared: true, now: .seconds(1))
        }
        let third = machine.watchEnded(didBreak: false, now: .seconds(2))
        #expect(ResourceVersion("100").map { third == .verify($0) } == true)
    }

    @Test("a broken connection waits shortly and goes on from the last event, without a list")
    func broken() {
        var machine = Self.watching()
        _ = machine.received(.change(version: "101"), now: .seconds(1))
        let wait = Self.wait(machine.watchEnded(didBreak: true, now: .seconds(2)))
        #expect(wait.map { $0 <= .seconds(1.1) } == true)
        #expect(Self.since(machine.waited(now: .seconds(3))) == "101")
        #expect(machine.statistics.lists == 1)
    }

    // MARK: Silence

    @Test("a silent HTTP/2 peer is probed after 12 s, and given up when it does not answer: within 20 s")
    func silentPeer() {
        var machine = Self.watching()
        machine.receivedBytes(now: .seconds(5))
        #expect(machine.nextTimer() == .seconds(17))
        #expect(machine.timerFired(now: .seconds(16)) == .none)
        #expect(machine.timerFired(now: .seconds(17)) == .probe)
        #expect(machine.timerFired(now: .seconds(18)) == .none)
        #expect(machine.probeFailed(now: .seconds(25)) == .abandon(sever: true))
        let next = machine.watchEnded(didBreak: true, now: .seconds(25))
        #expect(Self.since(next) == "100")
        guard case .watch(let request) = next else { return }
        #expect(request.wantsNewConnection)
        #expect(machine.statistics.lists == 1)
        #expect(machine.statistics.restarts == [.silence: 1])
    }

    @Test("an answer over the same connection keeps the watch")
    func probeAnswered() {
        var machine = Self.watching()
        #expect(machine.timerFired(now: .seconds(12)) == .probe)
        #expect(machine.probeAnswered(overSameConnection: true, now: .seconds(13)) == .none)
        #expect(machine.nextTimer() == .seconds(25))
    }

    @Test("an answer over another connection proves nothing: the watch is opened anew")
    func probeAnsweredElsewhere() {
        var machine = Self.watching()
        _ = machine.timerFired(now: .seconds(12))
        #expect(machine.probeAnswered(overSameConnection: false, now: .seconds(13)) == .abandon(sever: true))
        #expect(Self.since(machine.watchEnded(didBreak: true, now: .seconds(13))) == "100")
    }

    @Test("bytes that come while the probe is under way are a sign of life too")
    func bytesDuringProbe() {
        var machine = Self.watching()
        _ = machine.timerFired(now: .seconds(12))
        machine.receivedBytes(now: .seconds(19))
        #expect(machine.probeFailed(now: .seconds(20)) == .none)
    }

    @Test("a silent HTTP/1.1 peer is given up within 28 s")
    func silentUnsharedPeer() throws {
        for _ in 0..<20 {
            var machine = Self.watching(isShared: false)
            let timer = try #require(machine.nextTimer())
            #expect(timer <= .seconds(28))
            #expect(machine.timerFired(now: timer) == .abandon(sever: true))
            #expect(Self.since(machine.watchEnded(didBreak: true, now: timer)) == "100")
        }
    }

    // MARK: Versions from the future

    @Test("a server that sends bookmarks and then none for 80 s is asked whether it knows the version")
    func noBookmarks() {
        var machine = Self.watching()
        _ = machine.received(.bookmark(version: "120", isInitialEventsEnd: false), now: .seconds(1))
        var now = Duration.seconds(1)
        while now < .seconds(81) {
            machine.receivedBytes(now: now)
            #expect(machine.timerFired(now: now) == .none)
            now += .seconds(5)
        }
        #expect(machine.timerFired(now: .seconds(81)) == .abandon(sever: false))
        let version = ResourceVersion("120")
        #expect(version.map { machine.watchEnded(didBreak: false, now: .seconds(81)) == .verify($0) } == true)
        #expect(Self.since(machine.verified(now: .seconds(82))) == "120")
        #expect(machine.statistics.lists == 1)
    }

    @Test("a version from the future costs one list")
    func futureVersion() {
        var machine = Self.watching()
        _ = machine.received(.bookmark(version: "120", isInitialEventsEnd: false), now: .zero)
        _ = machine.timerFired(now: .seconds(81))
        _ = machine.watchEnded(didBreak: false, now: .seconds(81))
        let failure = Machine.Failure.status(Self.future, retryAfter: .seconds(1))
        #expect(machine.verificationFailed(failure, now: .seconds(84)) == Self.firstPage)
        #expect(machine.statistics.lists == 2)
    }

    @Test("a short watch without a word from a server that sends bookmarks is verified")
    func wordlessShortWatch() {
        var machine = Self.watching(isShared: false)
        _ = machine.received(.bookmark(version: "120", isInitialEventsEnd: false), now: .seconds(1))
        _ = machine.watchEnded(didBreak: false, now: .seconds(22))
        machine.watchOpened(isShared: false, now: .seconds(22))
        let next = machine.watchEnded(didBreak: false, now: .seconds(44))
        #expect(ResourceVersion("120").map { next == .verify($0) } == true)
    }

    @Test("a bookmark that goes backwards costs one list")
    func backwardBookmark() {
        var machine = Self.watching()
        #expect(machine.received(.bookmark(version: "50", isInitialEventsEnd: false), now: .zero) == .end)
        #expect(machine.watchEnded(didBreak: false, now: .zero) == Self.firstPage)
        #expect(machine.statistics.lists == 2)
    }

    // MARK: Streaming the initial events

    @Test("initial events are gathered until their end, whatever their order, and replace the content")
    func initialEvents() {
        var machine = Self.machine { $0.initialSync = .stream }
        guard case .watch(let request) = machine.start(now: .zero) else { return #expect(Bool(false)) }
        #expect(request.start == .initialEvents)
        machine.watchOpened(isShared: true, now: .zero)
        for version in ["90", "20", "50"] {
            #expect(machine.received(.change(version: version), now: .zero) == .gather)
        }
        #expect(machine.version == nil)
        #expect(machine.received(.bookmark(version: "95", isInitialEventsEnd: true), now: .zero) == .replace)
        #expect(machine.received(.change(version: "96"), now: .zero) == .apply)
        #expect(machine.version?.text == "96")
        #expect(machine.statistics.lists == 0)
    }

    @Test("a server that does not know initial events is listed, now and later", arguments: [400, 422])
    func initialEventsRefused(code: Int) {
        var machine = Self.machine { $0.initialSync = .stream }
        _ = machine.start(now: .zero)
        let next = machine.watchRefused(.status(APIStatus(code: code), retryAfter: nil), now: .zero)
        #expect(next == Self.firstPage)
        _ = machine.listed(version: ResourceVersion("7"), continueToken: nil, isShared: true, now: .zero)
        machine.watchOpened(isShared: true, now: .zero)
        _ = machine.received(.error(Self.expired), now: .zero)
        #expect(machine.watchEnded(didBreak: false, now: .zero) == Self.firstPage)
    }

    @Test("initial events whose end does not come within 10 s are given up for a list")
    func initialEventsWithoutEnd() {
        var machine = Self.machine { $0.initialSync = .stream }
        _ = machine.start(now: .zero)
        machine.watchOpened(isShared: false, now: .zero)
        _ = machine.received(.change(version: "90"), now: .zero)
        #expect(machine.nextTimer() == .seconds(10))
        #expect(machine.timerFired(now: .seconds(10)) == .abandon(sever: false))
        #expect(machine.watchEnded(didBreak: false, now: .seconds(10)) == Self.firstPage)
    }

    @Test("a stream of initial events that breaks is begun again, not resumed")
    func brokenInitialEvents() {
        var machine = Self.machine { $0.initialSync = .stream }
        _ = machine.start(now: .zero)
        machine.watchOpened(isShared: true, now: .zero)
        _ = machine.received(.change(version: "90"), now: .zero)
        _ = machine.watchEnded(didBreak: true, now: .seconds(1))
        guard case .watch(let request) = machine.waited(now: .seconds(2)) else { return #expect(Bool(false)) }
        #expect(request.start == .initialEvents)
    }
}
