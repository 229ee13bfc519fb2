internal import CPacketSocket
internal import Glibc

/// A descriptor that becomes readable once somebody signals, and stays so.
final class WakeUp: Sendable {
    let descriptor: CInt

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init() throws(Failure) {
        descriptor = remora_eventfd()
        guard descriptor >= 0 else { throw Failure(description: "eventfd: \(systemMessage(errno))") }
    }

    deinit { close(descriptor) }

    func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }
}
