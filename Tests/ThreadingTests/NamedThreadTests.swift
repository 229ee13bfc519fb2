import Glibc
import Testing
import Threading

@Suite("Named threads")
struct NamedThreadTests {
    private struct Sight: Equatable {
        var name: String
        var isAnotherThread: Bool
    }

    @Test(
        "a thread has its name, cut to 15 bytes, and runs its body once",
        arguments: [("short", "short"), ("a-name-that-is-too-long", "a-name-that-is-")])
    func start(name: String, shown: String) async throws {
        let caller = pthread_self()
        let sights = AsyncStream { continuation in
            do {
                try NamedThread.start(name) {
                    continuation.yield(
                        Sight(name: Self.threadName(), isAnotherThread: pthread_equal(pthread_self(), caller) == 0))
                    continuation.finish()
                }
            } catch {
                Issue.record(error)
                continuation.finish()
            }
        }
        var seen: [Sight] = []
        for await sight in sights { seen.append(sight) }
        #expect(seen == [Sight(name: shown, isAnotherThread: true)])
    }

    @Test("what the body holds is let go when it has run")
    func release() async throws {
        final class Token: Sendable {}
        weak var weakToken: Token?
        await withCheckedContinuation { done in
            let token = Token()
            weakToken = token
            do {
                try NamedThread.start("release") {
                    withExtendedLifetime(token) {}
                    done.resume()
                }
            } catch {
                Issue.record(error)
                done.resume()
            }
        }
        for _ in 0..<6_000 where weakToken != nil { try await Task.sleep(for: .milliseconds(10)) }
        #expect(weakToken == nil)
    }

    @Test("a thread that cannot be started is said so, with its name")
    func failure() {
        // No machine has so large a stack to give.
        let error = #expect(throws: NamedThread.StartFailure.self) {
            try NamedThread.start("huge", stackBytes: 1 << 62) {}
        }
        #expect(error?.name == "huge")
        #expect(error.map { "\($0)".hasPrefix("cannot start thread huge (errno ") } == true)
    }

    private static func threadName() -> String {
        guard let file = fopen("/proc/thread-self/comm", "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count).prefix { $0 != 0x0a }, as: UTF8.self)
    }
}
