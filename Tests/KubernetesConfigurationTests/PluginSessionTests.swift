import Testing
import Timestamps

@testable import KubernetesConfiguration

@Suite("When a credential plugin is run")
struct PluginSessionTests {
    let time = TestClock()
    let failure = ConfigurationError.plugin(
        PluginFailure(place: ConfigurationPlace(), command: "x", reason: .failed(status: "exit code 1")))

    private func credentials(_ token: String, lasting: Duration? = nil) -> Credentials {
        Credentials(authorization: .bearer(token: token), expiresAt: lasting.map { time.now.wall + $0 })
    }

    @Test("at first it is run, and what it gave is used until refused")
    func withoutExpiry() {
        var session = PluginSession()
        #expect(session.step(at: time.now) == .run)
        let first = credentials("one")
        session.finished(.success(first), at: time.now)
        #expect(session.step(at: time.now) == .use(first))
        time.advance(by: .seconds(1_000_000))
        #expect(session.step(at: time.now) == .use(first))
        session.refused(credentials("other"), at: time.now)
        #expect(session.step(at: time.now) == .use(first))
        session.refused(first, at: time.now)
        #expect(session.step(at: time.now) == .run)
    }

    @Test("credentials that end are renewed 30 s before")
    func renewal() {
        var session = PluginSession()
        let first = credentials("one", lasting: .seconds(600))
        session.finished(.success(first), at: time.now)
        time.advance(by: .seconds(600) - .seconds(30) - .milliseconds(1))
        #expect(session.step(at: time.now) == .use(first))
        time.advance(by: .milliseconds(1))
        #expect(session.step(at: time.now) == .run)
    }

    @Test("a failed renewal is no trouble while the old credentials last, and is tried again")
    func failedRenewal() {
        var session = PluginSession()
        let first = credentials("one", lasting: .seconds(600))
        session.finished(.success(first), at: time.now)
        time.advance(by: .seconds(580))
        session.finished(.failure(failure), at: time.now)
        #expect(session.step(at: time.now) == .use(first))
        time.advance(by: .seconds(3))
        #expect(session.step(at: time.now) == .run)
        session.finished(.failure(failure), at: time.now)
        time.advance(by: .milliseconds(2999))
        #expect(session.step(at: time.now) == .use(first))
        time.advance(by: .seconds(17))
        session.finished(.failure(failure), at: time.now)
        #expect(session.step(at: time.now) == .fail(failure))
    }

    @Test("a plugin that fails is run after 3, 6, 12, 24, 48 and then every 60 s")
    func backOff() {
        var session = PluginSession()
        var pauses: [Duration] = []
        for _ in 0..<7 {
            session.finished(.failure(failure), at: time.now)
            let start = time.now.monotonic
            while session.step(at: time.now) == .fail(failure) { time.advance(by: .seconds(1)) }
            #expect(session.step(at: time.now) == .run)
            pauses.append(time.now.monotonic - start)
        }
        #expect(pauses == [3, 6, 12, 24, 48, 60, 60].map { Duration.seconds($0) })
    }

    @Test("after a success the pauses are short again")
    func backOffEnds() {
        var session = PluginSession()
        for _ in 0..<5 { session.finished(.failure(failure), at: time.now) }
        session.finished(.success(credentials("one", lasting: .zero)), at: time.now)
        time.advance(by: .seconds(3))
        #expect(session.step(at: time.now) == .run)
    }

    @Test("credentials that end at once are used, and asked for anew every 3 s at most")
    func endingAtOnce() {
        var session = PluginSession()
        let first = credentials("one", lasting: .seconds(-5))
        session.finished(.success(first), at: time.now)
        #expect(session.step(at: time.now) == .use(first))
        time.advance(by: .milliseconds(2999))
        #expect(session.step(at: time.now) == .use(first))
        time.advance(by: .milliseconds(1))
        #expect(session.step(at: time.now) == .run)
    }

    @Test("a server that refuses everything does not start a run for each refusal")
    func refusingServer() {
        var session = PluginSession()
        var runs: [Duration] = []
        let start = time.now.monotonic
        while time.now.monotonic - start < .seconds(300) {
            switch session.step(at: time.now) {
            case .run:
                runs.append(time.now.monotonic - start)
                session.finished(.success(credentials("\(runs.count)")), at: time.now)
            case .use(let credentials): session.refused(credentials, at: time.now)
            case .fail: Issue.record("nothing failed")
            }
            time.advance(by: .milliseconds(500))
        }
        #expect(runs == [0, 3, 6, 12, 24, 48, 96, 156, 216, 276].map { Duration.seconds($0) })
    }

    @Test("credentials that were good for long are replaced at once when refused")
    func revocation() {
        var session = PluginSession()
        let first = credentials("one")
        session.finished(.success(first), at: time.now)
        time.advance(by: .seconds(3600))
        session.refused(first, at: time.now)
        #expect(session.step(at: time.now) == .run)
        session.finished(.success(credentials("two")), at: time.now)
        session.refused(first, at: time.now)
        #expect(session.step(at: time.now) == .use(credentials("two")))
    }

    @Test("a failure after a refusal is told, rather than the refused credentials used")
    func refusedThenFailed() {
        var session = PluginSession()
        let first = credentials("one")
        session.finished(.success(first), at: time.now)
        time.advance(by: .seconds(100))
        session.refused(first, at: time.now)
        session.finished(.failure(failure), at: time.now)
        #expect(session.step(at: time.now) == .fail(failure))
    }
}
