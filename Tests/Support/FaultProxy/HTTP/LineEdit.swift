/// What to do with a line of a response that passes a ``FaultProxy``; lines are given and taken without line feed.
package enum LineEdit: Sendable, Equatable {
    /// Let it pass.
    case keep
    /// Leave it out.
    case drop
    /// Send these lines in its place.
    case replace(with: [[UInt8]])
    /// Send these lines, then it.
    case insertBefore([[UInt8]])
    /// Send it, then these lines.
    case insertAfter([[UInt8]])

    /// Sends one line of text in its place.
    package static func replace(with line: String) -> LineEdit { .replace(with: [Array(line.utf8)]) }

    /// Sends one line of text before it.
    package static func insertBefore(_ line: String) -> LineEdit { .insertBefore([Array(line.utf8)]) }

    /// Sends one line of text after it.
    package static func insertAfter(_ line: String) -> LineEdit { .insertAfter([Array(line.utf8)]) }

    fileprivate func lines(for line: [UInt8]) -> [[UInt8]] {
        switch self {
        case .keep: [line]
        case .drop: []
        case .replace(let lines): lines
        case .insertBefore(let lines): lines + [line]
        case .insertAfter(let lines): [line] + lines
        }
    }
}

/// Edits a stream of bytes line by line, however it is cut into pieces.
struct LineEditor {
    /// Ten times the largest object etcd stores by default (1.5 MiB).
    private static let lineLimit = 16 << 20

    let edit: @Sendable ([UInt8]) -> LineEdit
    private var pending: [UInt8] = []

    init(edit: @escaping @Sendable ([UInt8]) -> LineEdit) {
        self.edit = edit
    }

    /// What the lines that these bytes complete have become.
    mutating func receive(_ bytes: some Collection<UInt8>) throws(HTTPFramingError) -> [UInt8] {
        var output: [UInt8] = []
        for piece in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if piece.offset > 0 {
                for line in edit(pending).lines(for: pending) { output += line + [UInt8(ascii: "\n")] }
                pending.removeAll(keepingCapacity: true)
            }
            pending += piece.element
        }
        guard pending.count <= Self.lineLimit else { throw .lineTooLong(limit: Self.lineLimit) }
        return output
    }

    /// What a last line without line feed has become; nothing if there is none.
    mutating func finish() -> [UInt8] {
        guard !pending.isEmpty else { return [] }
        let lines = edit(pending).lines(for: pending)
        pending = []
        return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}
