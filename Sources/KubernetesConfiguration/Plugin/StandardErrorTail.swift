internal import Glibc
internal import Subprocess
internal import Threading

/// Keeps the end of what a process prints to standard error.
final class StandardErrorTail: Sendable {
    private let bytes = Locked<[UInt8]>([])
    private let limit: Int
    private let isForwarded: Bool

    /// Keeps the last `limit` bytes; forwards everything to this process's standard error if there is a person to read
    /// it.
    init(limit: Int, isForwarded: Bool) {
        self.limit = limit
        self.isForwarded = isForwarded
    }

    /// What was kept, without white space at its ends and without what could move a terminal's cursor.
    var text: String {
        let kept = bytes.withLock { Array($0.suffix(limit)) }
        let shown = String(decoding: kept, as: UTF8.self).unicodeScalars.filter {
            $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control
        }
        return String(String(String.UnicodeScalarView(shown)).trimmingSpaces())
    }

    /// Takes what `output` gives until it ends.
    func append(contentsOf output: SubprocessOutputSequence) async throws {
        for try await buffer in output { buffer.withUnsafeBytes { append($0) } }
    }

    private func append(_ new: UnsafeRawBufferPointer) {
        // A terminal that went away is no reason to stop the plugin: its error is not looked at.
        if isForwarded { _ = write(STDERR_FILENO, new.baseAddress, new.count) }
        let new = Array(new.suffix(limit))
        bytes.withLock { bytes in
            bytes += new
            // Cut rarely, so that many short writes cost no more than a few long ones.
            if bytes.count > 2 * limit { bytes.removeFirst(bytes.count - limit) }
        }
    }
}
