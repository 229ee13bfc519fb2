internal import Glibc

/// The process's standard output, line by line.
enum StandardOutput {
    /// Writes a line with one system call, so that lines of several threads do not mix and none is lost in a crash.
    static let writeLine: @Sendable (String) -> Void = { line in
        let bytes = Array((line + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
