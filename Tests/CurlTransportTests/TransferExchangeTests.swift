import Testing

@testable import CurlTransport

@Suite("The exchange between loop and consumer, arrow by arrow")
struct TransferExchangeTests {
    private typealias Exchange = TransferExchange<String, String>

    private struct Broken: Error, Equatable {}

    private let head = ResponseHead(
        status: 200, version: .http1, headers: HTTPHeaders(), connection: ConnectionIdentity(number: 1))

    /// What `take` returned, in a form that can be compared.
    private enum Taken: Equatable {
        case bytes([UInt8], mustResume: Bool)
        case end, waiting, broken, cancelled
    }

    @Test("a head that comes after its waiter goes to the waiter, once")
    func waiterThenHead() {
        var exchange = Exchange()
        #expect(exchange.awaitHead("h") == nil)
        #expect(exchange.receivedHead(head) == "h")
        #expect(exchange.finish(.success(())).head == nil)
    }

    @Test("a head that comes before its waiter is kept, also beyond the end")
    func headThenWaiter() throws {
        var exchange = Exchange()
        #expect(exchange.receivedHead(head) == nil)
        #expect(try exchange.awaitHead("h")?.get().status == 200)
        _ = exchange.finish(.failure(Broken()))
        #expect(try exchange.awaitHead("h")?.get().status == 200)
    }

    @Test("an end before the head goes to whoever waits for the head, now or later")
    func endBeforeHead() {
        var early = Exchange()
        _ = early.awaitHead("h")
        #expect(early.finish(.failure(Broken())).head == "h")
        var late = Exchange()
        _ = late.finish(.failure(Broken()))
        #expect(throws: Broken()) { try late.awaitHead("h")?.get() }
        #expect(late.isFinished)
    }

    @Test("a turn's bytes go to the reader that waits, and else are kept for the next one as a whole")
    func bytes() {
        var exchange = streaming()
        #expect(take(&exchange) == .waiting)
        #expect(exchange.deliver()?.bytes == nil)
        #expect(receive(&exchange, [1, 2]) == .awaited)
        #expect(receive(&exchange, [3]) == .awaited)
        #expect(exchange.deliver().map { [$0.waiter: $0.bytes] } == ["r": [1, 2, 3]])
        #expect(receive(&exchange, [4]) == .stored)
        #expect(receive(&exchange, [5, 6]) == .stored)
        #expect(exchange.deliver()?.bytes == nil)
        #expect(take(&exchange) == .bytes([4, 5, 6], mustResume: false))
        #expect(take(&exchange) == .waiting)
    }

    @Test("a reader that waits does not wait for the turn's end when much has come")
    func promptDelivery() {
        var exchange = streaming()
        #expect(take(&exchange) == .waiting)
        let piece = [UInt8](repeating: 7, count: Exchange.promptDelivery - 1)
        #expect(receive(&exchange, piece) == .awaited)
        #expect(receive(&exchange, [8]) == .enough)
        #expect(exchange.deliver()?.bytes == piece + [8])
    }

    @Test("a full buffer pauses the transfer, and taking it resumes it once")
    func pause() {
        var exchange = streaming()
        let full = [UInt8](repeating: 7, count: Exchange.highWaterMark)
        #expect(receive(&exchange, full) == .stored)
        #expect(receive(&exchange, [8]) == .pause)
        #expect(receive(&exchange, [8]) == .pause)
        #expect(take(&exchange) == .bytes(full, mustResume: true))
        #expect(receive(&exchange, [8]) == .stored)
        #expect(take(&exchange) == .bytes([8], mustResume: false))
    }

    @Test("what came before the end is read before the end is", arguments: [true, false])
    func endBehindBytes(isSuccess: Bool) {
        var exchange = streaming()
        _ = receive(&exchange, [1])
        let waiters = exchange.finish(isSuccess ? .success(()) : .failure(Broken()))
        #expect(waiters.body == nil)
        #expect(take(&exchange) == .bytes([1], mustResume: false))
        #expect(take(&exchange) == (isSuccess ? .end : .broken))
        #expect(take(&exchange) == (isSuccess ? .end : .broken))
    }

    @Test("the end goes to the reader that waits")
    func endForWaiter() {
        var exchange = streaming()
        _ = take(&exchange)
        #expect(exchange.finish(.success(())).body == "r")
        #expect(take(&exchange) == .end)
    }

    @Test("only the first end counts")
    func firstEnd() {
        var exchange = streaming()
        _ = exchange.finish(.failure(Broken()))
        _ = exchange.finish(.success(()))
        #expect(exchange.cancel() == nil)
        #expect(take(&exchange) == .broken)
    }

    @Test("cancelling wakes the waiters, drops what waits, and takes nothing more")
    func cancel() {
        var exchange = streaming()
        _ = receive(&exchange, [1])
        #expect(exchange.cancel() != nil)
        #expect(receive(&exchange, [2]) == .stored)
        #expect(take(&exchange) == .cancelled)

        var reading = streaming()
        _ = take(&reading)
        #expect(reading.cancel()?.body == "r")

        var opening = Exchange()
        _ = opening.awaitHead("h")
        #expect(opening.cancel()?.head == "h")
        #expect(opening.isFinished)
    }

    private func streaming() -> Exchange {
        var exchange = Exchange()
        _ = exchange.receivedHead(head)
        return exchange
    }

    private func receive(_ exchange: inout Exchange, _ bytes: [UInt8]) -> Exchange.Reception {
        bytes.withUnsafeBytes { exchange.received($0) }
    }

    private func take(_ exchange: inout Exchange) -> Taken {
        switch exchange.take("r") {
        case .bytes(let bytes, let mustResume): .bytes(bytes, mustResume: mustResume)
        case .end: .end
        case .failure(let error): error is CancellationError ? .cancelled : .broken
        case .waiting: .waiting
        }
    }
}
