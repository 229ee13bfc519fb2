/// Cuts a stream of bytes into lines, each at most so long.
struct LineSplitter {
    private var partial: [UInt8] = []
    private let limit: Int

    /// `limit`: bytes of a line; a sender that goes on without a line break is stopped there.
    init(limit: Int) { self.limit = limit }

    /// The lines that are complete with this piece, without their line breaks; empty lines are left out.
    mutating func take(_ piece: [UInt8]) throws(FleetWireError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = piece[...]
        while let end = rest.firstIndex(of: 0x0a) {
            if partial.isEmpty {
                if end > rest.startIndex { lines.append(Array(rest[..<end])) }
            } else {
                partial += rest[..<end]
                lines.append(partial)
                partial = []
            }
            rest = rest[(end + 1)...]
        }
        partial += rest
        guard partial.count <= limit, lines.allSatisfy({ $0.count <= limit }) else {
            throw FleetWireError("a line of more than \(limit) bytes")
        }
        return lines
    }
}
