import NIOCore
import Testing

@testable import FaultProxy

@Suite("The decisions of one direction")
struct TrafficShaperTests {
    private typealias Step = TrafficShaper.Step

    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("what comes goes out at once, in order, then the end")
    func passes() {
        var shaper = shaper()
        shaper.enqueue(ByteBuffer(string: "one"), now: start)
        shaper.enqueue(ByteBuffer(string: "two"), now: start)
        shaper.enqueueEnd(.endOfStream, now: start)
        #expect(steps(of: &shaper, at: start) == [.text("one"), .text("two"), .end(.endOfStream)])
        shaper.enqueue(ByteBuffer(string: "late"), now: start)
        #expect(shaper.next(now: start) == .idle)
    }

    @Test("every write of a sliced stream has the size of the slice, but for the last of a piece")
    func slices() {
        var shaper = shaper(.slice(to: 2))
        shaper.enqueue(ByteBuffer(string: "abcde"), now: start)
        #expect(steps(of: &shaper, at: start) == [.text("ab"), .text("cd"), .text("e")])
    }

    @Test("each piece waits for its own delay, the end too")
    func delays() {
        var shaper = shaper(.delay(.milliseconds(100)))
        shaper.enqueue(ByteBuffer(string: "one"), now: start)
        shaper.enqueueEnd(.reset, now: start + .milliseconds(30))
        #expect(steps(of: &shaper, at: start + .milliseconds(99)) == [.wait(until: start + .milliseconds(100))])
        let later = start + .milliseconds(100)
        #expect(steps(of: &shaper, at: later) == [.text("one"), .wait(until: start + .milliseconds(130))])
        #expect(steps(of: &shaper, at: start + .milliseconds(130)) == [.end(.reset)])
    }

    @Test("a throttle writes a fiftieth of its rate fifty times a second")
    func throttles() {
        var shaper = shaper(.throttle(bytesPerSecond: 100))
        shaper.enqueue(ByteBuffer(string: "abcd"), now: start)
        #expect(steps(of: &shaper, at: start) == [.text("ab"), .wait(until: start + .milliseconds(20))])
        #expect(steps(of: &shaper, at: start + .milliseconds(20)) == [.text("cd")])
    }

    @Test("a cut comes after its bytes, and nothing after it")
    func cuts() {
        var shaper = shaper(.close(afterBytes: 4))
        shaper.enqueue(ByteBuffer(string: "abc"), now: start)
        #expect(steps(of: &shaper, at: start) == [.text("abc")])
        shaper.enqueue(ByteBuffer(string: "def"), now: start)
        #expect(steps(of: &shaper, at: start) == [.text("d"), .end(.close)])
        #expect(shaper.queuedBytes == 0)
    }

    @Test("a cut that is due comes without traffic, and also while frozen")
    func cutsAtOnce() {
        var shaper = shaper(.freeze, .reset(afterBytes: 0))
        #expect(steps(of: &shaper, at: start) == [.end(.reset)])
    }

    @Test("what is frozen keeps its bytes and its end until it is healed")
    func freezes() {
        var shaper = shaper(.freeze)
        shaper.enqueue(ByteBuffer(string: "one"), now: start)
        shaper.enqueueEnd(.endOfStream, now: start)
        #expect(shaper.next(now: start) == .idle)
        #expect(shaper.queuedBytes == 3)
        shaper.faults.heal()
        #expect(steps(of: &shaper, at: start) == [.text("one"), .end(.endOfStream)])
    }

    @Test("a black hole takes bytes and end, and cannot be healed")
    func swallows() {
        var shaper = shaper(.blackhole)
        shaper.enqueue(ByteBuffer(string: "one"), now: start)
        shaper.enqueueEnd(.endOfStream, now: start)
        shaper.faults.heal()
        #expect(shaper.next(now: start) == .idle)
        #expect(shaper.queuedBytes == 0)
    }

    @Test("distances of flips count over pieces")
    func flips() {
        var shaper = shaper(.flipByte(at: 0), .flipByte(at: 4))
        shaper.enqueue(ByteBuffer(bytes: [0, 0, 0]), now: start)
        shaper.enqueue(ByteBuffer(bytes: [0, 0, 0]), now: start)
        let expected: [Step] = [.write(ByteBuffer(bytes: [0xff, 0, 0])), .write(ByteBuffer(bytes: [0, 0xff, 0]))]
        #expect(steps(of: &shaper, at: start) == expected)
    }

    private func shaper(_ faults: Fault...) -> TrafficShaper {
        var laneFaults = LaneFaults()
        for fault in faults { laneFaults.add(fault) }
        return TrafficShaper(faults: laneFaults)
    }

    /// All steps until there is nothing to do at that time.
    private func steps(of shaper: inout TrafficShaper, at now: NIODeadline) -> [Step] {
        var steps: [Step] = []
        while case let step = shaper.next(now: now), step != .idle {
            steps.append(step)
            if case .wait = step { break }
        }
        return steps
    }
}

extension TrafficShaper.Step {
    fileprivate static func text(_ text: String) -> Self { .write(ByteBuffer(string: text)) }
}
