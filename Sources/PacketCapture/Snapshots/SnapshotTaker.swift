/// Copies packets out of a ring into a file, in the order of time.
///
/// What is to be copied is pinned first (microseconds), half of the ring at most; of a larger window the oldest half is
/// pinned, and the rest as what is copied is let go, so that capturing always has segments to go on with.
package struct SnapshotTaker: Sendable {
    private let ring: SegmentRing
    private let index: StreamIndex?

    /// Takes snapshots of a ring; without an index, flows cannot be selected.
    package init(ring: SegmentRing, index: StreamIndex? = nil) {
        self.ring = ring
        self.index = index
    }

    /// Writes the selected packets to `path`, which exists only once it is complete.
    package func take(_ request: SnapshotRequest, to path: String) throws(SnapshotError) -> SnapshotResult {
        if let streams = request.streams { return try take(streams, request, to: path) }
        var source = PinnedSegments(ring, ring.segments().filter { $0.overlaps(request.window) })
        return try take(&source, request, to: path)
    }

    /// Writes what was pinned (and is selected) to `path`.
    package func take(
        _ pin: borrowing RingPin, _ request: SnapshotRequest = .init(), to path: String
    ) throws(SnapshotError) -> SnapshotResult {
        var request = request
        request.from = max(request.from ?? .min, pin.window.lowerBound)
        request.to = min(request.to ?? .max, pin.window.upperBound)
        // Claimed a second time, so that both can be let go in any order.
        var source = PinnedSegments(ring, pin.segments)
        return try take(&source, request, to: path)
    }

    private func take(
        _ source: inout PinnedSegments, _ request: SnapshotRequest, to path: String
    ) throws(SnapshotError) -> SnapshotResult {
        if request.addresses.isEmpty, request.format == .pcapng, request.names.isEmpty,
            source.areSorted, source.segments.allSatisfy({ $0.isWithin(request.window) })
        {
            return try copySections(&source, to: path)
        }
        return try copySelected(&source, request, to: path)
    }

    /// All that there is: segments are valid sections already.
    private func copySections(
        _ source: inout PinnedSegments, to path: String
    ) throws(SnapshotError) -> SnapshotResult {
        var result = SnapshotResult(path: path)
        result.isPcapng = true
        var writer =
            source.segments.isEmpty
            ? try PacketFileWriter.pcapng(path, interfaces: [], names: [:]) : try PacketFileWriter.sections(path)
        while let segment = source.next() {
            try writer.append(UnsafeRawBufferPointer(start: ring.segment(segment.slot), count: segment.committed))
            result.packets += segment.packets
            result.firstTime = min(result.firstTime ?? segment.firstTime, segment.firstTime)
            result.lastTime = max(result.lastTime ?? segment.lastTime, segment.lastTime)
            source.release(segment)
        }
        try writer.finish()
        result.packetsMissed = source.packetsMissed
        result.bytes = writer.bytesWritten
        return result
    }

    /// Packet by packet, in groups of segments that are pinned together and sorted.
    private func copySelected(
        _ source: inout PinnedSegments, _ request: SnapshotRequest, to path: String
    ) throws(SnapshotError) -> SnapshotResult {
        var parser = ring.parser(knowing: source.segments)
        var output = SnapshotOutput(path: path, request: request, interfaces: parser.interfaces)
        let decoder = LinkDecoder()
        while let group = source.nextGroup() {
            var selected = output.carried
            for segment in group {
                ring.forEachPacket(of: segment, &parser) { packet in
                    guard request.window.contains(packet.time) else { return }
                    if !request.addresses.isEmpty {
                        let header = decoder.decode(packet)
                        guard
                            request.addresses.contains(header.source) || request.addresses.contains(header.destination)
                        else { return }
                    }
                    selected.append(packet)
                }
            }
            let limit = source.segments.first { $0.sequence > group[group.count - 1].sequence }?.firstTime
            try output.write(&selected, before: limit)
            for segment in group { source.release(segment) }
        }
        var result = try output.finish()
        result.packetsMissed = source.packetsMissed
        return result
    }

    /// The packets of some flows, by the index.
    private func take(
        _ streams: [UInt64], _ request: SnapshotRequest, to path: String
    ) throws(SnapshotError) -> SnapshotResult {
        var places = streams.flatMap { index?.packets(of: $0) ?? [] }
        places.sort { $0.number < $1.number }
        let bySequence = Dictionary(ring.segments().map { ($0.sequence, $0) }) { first, _ in first }
        let needed = Set(places.map(\.sequence)).compactMap { bySequence[$0] }.sorted { $0.sequence < $1.sequence }
        var source = PinnedSegments(ring, needed)
        var parser = ring.parser(knowing: needed)
        var output = SnapshotOutput(path: path, request: request, interfaces: parser.interfaces)
        var remaining = places[...]
        var missed: UInt64 = 0
        while let group = source.nextGroup() {
            var selected = output.carried
            for segment in group {
                while let place = remaining.first, place.sequence < segment.sequence {
                    missed += 1
                    remaining.removeFirst()
                }
                let end = remaining.firstIndex { $0.sequence != segment.sequence } ?? remaining.endIndex
                let offsets = remaining[..<end]
                remaining = remaining[end...]
                ring.forPackets(at: offsets.lazy.map(\.offset), of: segment, &parser) { packet in
                    if request.window.contains(packet.time), request.accepts(packet) { selected.append(packet) }
                }
            }
            let limit = source.segments.first { $0.sequence > group[group.count - 1].sequence }?.firstTime
            try output.write(&selected, before: limit)
            for segment in group { source.release(segment) }
        }
        var result = try output.finish()
        result.packetsMissed = missed + UInt64(remaining.count)
        return result
    }
}

extension SnapshotRequest {
    fileprivate func accepts(_ packet: CapturedPacket) -> Bool {
        guard !addresses.isEmpty else { return true }
        let header = LinkDecoder().decode(packet)
        return addresses.contains(header.source) || addresses.contains(header.destination)
    }
}

extension RingSegment {
    fileprivate func isWithin(_ window: ClosedRange<Int64>) -> Bool {
        window.contains(firstTime) && window.contains(lastTime)
    }
}
