internal import JSON

/// Where in the hub's three watches a pod event comes from: the same in every hub of a cluster, so that a worker knows
/// an event again that another hub, or the same hub once more, tells.
package struct PodMark: Sendable, Hashable {
    /// The watches.
    package enum Stream: String, Sendable, CaseIterable {
        case pods, events, nodes
    }

    /// Which watch told of it.
    package let stream: Stream
    /// The version of what it told; one that is not a number in this cluster is 0, which is never known again.
    package let version: UInt64
    /// Counts the events of one version: two containers may have died with it.
    package let ordinal: Int

    package init(stream: Stream, version: UInt64, ordinal: Int = 0) {
        self.stream = stream
        self.version = version
        self.ordinal = ordinal
    }

    func isAfter(_ other: PodMark) -> Bool { (version, ordinal) > (other.version, other.ordinal) }
}

/// How far somebody has got in each watch.
package struct PodPosition: Sendable, Hashable {
    private var marks: [PodMark.Stream: PodMark] = [:]

    /// At the beginning.
    package init() {}

    /// The last of a watch; nil: nothing.
    package subscript(stream: PodMark.Stream) -> PodMark? { marks[stream] }

    /// Whether nothing is known at all.
    package var isEmpty: Bool { marks.isEmpty }

    /// Whether an event of this mark was there before.
    package func covers(_ mark: PodMark) -> Bool {
        guard mark.version > 0, let last = marks[mark.stream] else { return false }
        return !mark.isAfter(last)
    }

    /// Whether everything up to `other` was there before.
    package func covers(_ other: PodPosition) -> Bool {
        other.marks.values.allSatisfy { covers($0) || $0.version == 0 }
    }

    /// Moves on, never back.
    package mutating func advance(to mark: PodMark) {
        guard mark.version > 0, !covers(mark) else { return }
        marks[mark.stream] = mark
    }

    /// Moves on in each watch.
    package mutating func advance(to other: PodPosition) {
        for mark in other.marks.values { advance(to: mark) }
    }

    init(_ value: JSONValue?) {
        for stream in PodMark.Stream.allCases {
            guard let pair = value?[stream.rawValue]?.array, pair.count == 2,
                let version = pair[0].integer.flatMap({ UInt64(exactly: $0) }),
                let ordinal = pair[1].integer.flatMap({ Int(exactly: $0) })
            else { continue }
            advance(to: PodMark(stream: stream, version: version, ordinal: ordinal))
        }
    }

    var json: JSONValue {
        var value: JSONValue = [:]
        for stream in PodMark.Stream.allCases {
            guard let mark = marks[stream] else { continue }
            value[stream.rawValue] = [
                .integer(Int64(clamping: mark.version)), .integer(Int64(mark.ordinal)),
            ]
        }
        return value
    }
}
