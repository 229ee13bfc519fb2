import Testing

@testable import Threading

@Suite("Callback")
struct CallbackTests {
    @Test("a callback can be read from behind a lock a million times")
    func depth() {
        let count = Locked(0)
        let kept = Locked<Callback<Int>?>(nil)
        kept.withLock { $0 = Callback { number in count.withLock { $0 += number } } }
        for _ in 0..<1_000_000 { kept.withLock { $0 }?(1) }
        #expect(count.withLock { $0 } == 1_000_000)
    }
}
