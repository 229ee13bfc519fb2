import Testing
import Threading

@Suite("Locked values")
struct LockedTests {
    private struct Broken: Error, Equatable {}

    @Test("no increment of many tasks is lost")
    func increments() async {
        let value = Locked(0)
        await withTaskGroup { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<10_000 { value.withLock { $0 += 1 } }
                }
            }
        }
        #expect(value.withLock { $0 } == 160_000)
    }

    @Test("an error leaves the lock open and passes on")
    func errors() {
        let value = Locked([1])
        #expect(throws: Broken()) {
            try value.withLock { value throws(Broken) in
                value.append(2)
                throw Broken()
            }
        }
        #expect(value.withLock { $0 } == [1, 2])
    }
}
