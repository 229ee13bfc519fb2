internal import Threading

/// Where in the ring the packets of each flow are: eight bytes a packet, a chain from the newest to the oldest.
///
/// Filled by whoever follows the flows, a batch at a time; asked by whoever exports a flow.
package final class StreamIndex: Sendable {
    /// A packet of a flow.
    package struct Note: Sendable {
        var stream: UInt64
        var number: UInt64
        var sequence: UInt64
        var slot: UInt32
        var offset: UInt32
    }

    /// Where a packet is.
    struct Place: Equatable {
        var slot: Int
        var sequence: UInt64
        var offset: Int
        var number: UInt64
    }

    fileprivate struct Segment {
        var sequence: UInt64 = 0
        /// The number of the packet that the first entry is for.
        var firstNumber: UInt64 = 0
        var offsets: [UInt32] = []
        /// How many packets before is the previous one of the same flow; 0 for none.
        var distances: [UInt32] = []
    }

    private struct State {
        var segments: [Segment]
        /// The newest packet of each flow, at the place that its number has in the table.
        var newest: [(stream: UInt64, number: UInt64)]
    }

    /// Flows whose newest packet is remembered: 4 MB. Of older ones nothing is left in a ring of the usual size.
    private static let flows = 1 << 18

    private let state: Locked<State>

    /// An index for a ring.
    package init(_ ring: SegmentRing) {
        state = Locked(
            State(
                segments: Array(repeating: Segment(), count: ring.settings.segmentCount),
                newest: Array(repeating: (0, 0), count: Self.flows)))
    }

    /// Adds packets, in the order of their numbers.
    package func add(_ notes: [Note]) {
        state.withLock { state in
            for note in notes { Self.add(note, &state) }
        }
    }

    private static func add(_ note: Note, _ state: inout State) {
        let slot = Int(note.slot)
        if state.segments[slot].sequence != note.sequence {
            state.segments[slot].sequence = note.sequence
            state.segments[slot].firstNumber = note.number
            state.segments[slot].offsets.removeAll(keepingCapacity: true)
            state.segments[slot].distances.removeAll(keepingCapacity: true)
        }
        let place = Int(note.stream % UInt64(flows))
        let previous = state.newest[place]
        let distance = previous.stream == note.stream ? note.number - previous.number : 0
        state.segments[slot].offsets.append(note.offset)
        state.segments[slot].distances.append(UInt32(exactly: distance) ?? 0)
        if note.stream != 0 { state.newest[place] = (note.stream, note.number) }
    }

    /// Whether packets of a flow are known.
    package func has(_ stream: UInt64) -> Bool {
        stream != 0 && state.withLock { $0.newest[Int(stream % UInt64(Self.flows))].stream == stream }
    }

    /// The packets of a flow that are still known, oldest first.
    func packets(of stream: UInt64) -> [Place] {
        state.withLock { state in
            let newest = state.newest[Int(stream % UInt64(Self.flows))]
            guard stream != 0, newest.stream == stream else { return [] }
            var places: [Place] = []
            var number = newest.number
            var current: Int?
            while true {
                if current.map({ state.segments[$0].contains(number) }) != true {
                    current = state.segments.firstIndex { $0.contains(number) }
                }
                guard let slot = current else { break }
                // Not taken out of the state: copies of arrays are counted, a thousand times a stream.
                let index = Int(number - state.segments[slot].firstNumber)
                places.append(
                    Place(
                        slot: slot, sequence: state.segments[slot].sequence,
                        offset: Int(state.segments[slot].offsets[index]), number: number))
                let distance = UInt64(state.segments[slot].distances[index])
                guard distance > 0, distance < number else { break }
                number -= distance
            }
            places.reverse()
            return places
        }
    }
}

extension StreamIndex.Segment {
    fileprivate func contains(_ number: UInt64) -> Bool {
        sequence != 0 && number >= firstNumber && number - firstNumber < UInt64(offsets.count)
    }
}

extension RingReader.Batch {
    /// What the index is to know of a packet of this batch.
    package func note(_ index: Int, stream: UInt64) -> StreamIndex.Note {
        // A packet's block begins 28 bytes before its bytes.
        let offset = packets[index].bytes.baseAddress.map { $0 - segment.base - 28 } ?? 0
        return StreamIndex.Note(
            stream: stream, number: firstNumber + UInt64(index), sequence: segment.sequence,
            slot: UInt32(segment.slot), offset: UInt32(offset))
    }
}
