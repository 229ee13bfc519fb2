/// The body of a response as a stream of byte pieces, in order, of any size.
///
/// One reader at a time. If nobody reads, at most ``TransferExchange/highWaterMark`` bytes and what libcurl and the
/// kernel hold are kept; then the sender is held back. Dropping the last copy, or cancelling the task that reads, ends
/// the transfer at once.
public struct ResponseBody: AsyncSequence, Sendable {
    /// A piece of the body; never empty.
    public typealias Element = [UInt8]

    private let handle: Handle

    init(_ transfer: Transfer) { handle = Handle(transfer) }

    /// Starts reading where an earlier reader has stopped.
    public func makeAsyncIterator() -> Iterator { Iterator(handle: handle) }

    /// Takes pieces off the stream.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let handle: Handle

        /// The next piece; nil at the body's end. Throws ``TransportError`` or `CancellationError`.
        public mutating func next() async throws -> [UInt8]? { try await handle.transfer.nextPiece() }
    }

    /// The whole body, if it has at most `limit` bytes; otherwise ``TransportError`` of kind `tooLarge`.
    public func collect(limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in self {
            guard bytes.count + piece.count <= limit else {
                throw TransportError(
                    kind: .tooLarge, peer: handle.transfer.peer, detail: "more than the limit of \(limit) bytes")
            }
            if bytes.isEmpty { bytes = piece } else { bytes.append(contentsOf: piece) }
        }
        return bytes
    }

    /// Breaks the connection below this response, and with it every other exchange on it.
    ///
    /// For a peer that has gone silent: a connection that is merely given up stays in the pool, and over HTTP/2 the next
    /// request would go to the same dead peer.
    public func severConnection() { handle.transfer.sever() }

    /// Ends the transfer when nobody can read any more.
    fileprivate final class Handle: Sendable {
        let transfer: Transfer
        init(_ transfer: Transfer) { self.transfer = transfer }
        deinit { transfer.cancel() }
    }
}
