/// Why a ring cannot be used, and what to do about it.
package enum RingError: Error, Equatable, CustomStringConvertible {
    /// The system refused something.
    case system(path: String, what: String, message: String)
    /// There is no room for even the smallest ring.
    case diskFull(path: String, bytes: Int)
    /// Another process has the ring.
    case inUse(path: String)
    /// More was to be pinned than half of the ring.
    case pinTooLarge(segments: Int, limit: Int)

    /// A sentence for people.
    package var description: String {
        switch self {
        case .system(let path, let what, let message): "cannot \(what) the packet ring \(path): \(message)"
        case .diskFull(let path, let bytes):
            "there is no room for a packet ring of \(bytes / 1_048_576) MB at \(path): free some, or make it smaller"
        case .inUse(let path): "the packet ring \(path) is in use by another process"
        case .pinTooLarge(let segments, let limit):
            "\(segments) segments cannot be kept from being reused: at most half of the ring, \(limit), can"
        }
    }
}
