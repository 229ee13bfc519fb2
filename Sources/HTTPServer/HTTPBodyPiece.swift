internal import NIOCore

/// Bytes that are written to many clients: prepared once, shared by all writers without a copy.
package struct HTTPBodyPiece: Sendable {
    let buffer: ByteBuffer

    /// Copies the bytes, once.
    package init(_ bytes: [UInt8]) { buffer = ByteBuffer(bytes: bytes) }

    /// How many bytes it has.
    package var count: Int { buffer.readableBytes }
    /// The bytes.
    package var bytes: [UInt8] { Array(buffer.readableBytesView) }
}
