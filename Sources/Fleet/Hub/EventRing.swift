internal import DequeModule
internal import HTTPServer

/// The latest pod events, so that a worker that comes back within a moment misses nothing.
struct EventRing: Sendable {
    private struct Entry: Sendable {
        let mark: PodMark
        let place: PodPlace
        let piece: HTTPBodyPiece
    }

    private var entries: Deque<Entry> = []
    private var bytes = 0
    private let byteLimit: Int
    /// The ring has everything after this; nil: it has not begun.
    private(set) var start: PodPosition?

    init(byteLimit: Int = 4 << 20) { self.byteLimit = byteLimit }

    /// Forgets everything; what comes now follows `position`.
    mutating func begin(at position: PodPosition) {
        entries.removeAll()
        bytes = 0
        start = position
    }

    mutating func append(_ mark: PodMark, _ place: PodPlace, _ piece: HTTPBodyPiece) {
        guard start != nil else { return }
        entries.append(Entry(mark: mark, place: place, piece: piece))
        bytes += piece.count
        while bytes > byteLimit, let oldest = entries.popFirst() {
            bytes -= oldest.piece.count
            start?.advance(to: oldest.mark)
        }
    }

    /// What of the ring a worker has not heard that has heard everything up to `position`, and whether that is all that it
    /// missed: else the ring does not go back so far, and it has to be told of all pods after it.
    func missed(since position: PodPosition, _ scope: FleetHello.Scope) -> (pieces: [HTTPBodyPiece], isAll: Bool) {
        // One that has heard nothing is told what there is, and not how it came to be so.
        guard let start, !position.isEmpty else { return ([], false) }
        let pieces = entries.filter { scope.includes($0.place) && !position.covers($0.mark) }.map(\.piece)
        return (pieces, position.covers(start))
    }
}

/// Which pod, and where it is.
package struct PodPlace: Sendable, Hashable {
    package let namespace: String
    package let name: String
    /// Empty before it is scheduled.
    package let node: String

    package init(namespace: String, name: String, node: String) {
        self.namespace = namespace
        self.name = name
        self.node = node
    }
}

extension FleetHello.Scope {
    /// Whether a worker of this scope is to hear of a pod.
    package func includes(_ place: PodPlace) -> Bool {
        switch self {
        case .node(let node): place.node == node
        case .pod(let namespace, let name): place.name == name && place.namespace == namespace
        case .all: true
        }
    }
}
