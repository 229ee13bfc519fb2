internal import NIOCore
internal import NIOHTTP1

/// Writes the body of a streamed answer.
///
/// One task writes at a time. The task is cancelled as soon as the client closes its connection, and cancelling the
/// task while it waits in ``write(_:)`` closes the connection.
package struct HTTPBodyWriter: Sendable {
    let channel: any Channel
    /// True for HEAD: the header is all that may be sent.
    let discardsBody: Bool

    /// Sends bytes and returns when the operating system has taken them, so a slow client slows its writer down.
    ///
    /// Throws ``HTTPServerError/peerGone`` when the client is gone, `CancellationError` when the task was cancelled.
    package func write(_ bytes: [UInt8]) async throws {
        try await write(HTTPBodyPiece(bytes))
    }

    /// Sends bytes that others are sent too, see ``write(_:)-([UInt8])``.
    package func write(_ piece: HTTPBodyPiece) async throws {
        try Task.checkCancellation()
        if discardsBody || piece.count == 0 { return }
        let part = HTTPServerResponsePart.body(.byteBuffer(piece.buffer))
        try await withTaskCancellationHandler {
            do {
                try await channel.writeAndFlush(part).get()
            } catch {
                try Task.checkCancellation()
                throw HTTPServerError.peerGone
            }
        } onCancel: {
            disconnect()
        }
    }

    /// Cuts the connection, from any task; a write that waits ends with an error.
    package func disconnect() {
        channel.close(promise: nil)
    }
}
