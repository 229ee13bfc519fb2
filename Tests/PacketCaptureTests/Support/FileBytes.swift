import Glibc

/// A file whose bytes can be changed in place.
final class FileBytes {
    private let descriptor: CInt

    init?(_ path: String) throws {
        descriptor = open(path, O_RDWR)
        if descriptor < 0 { return nil }
    }

    /// Whether this process has the file open.
    static func isOpen(_ path: String) -> Bool {
        (0..<1024).contains { number in
            var target = [CChar](repeating: 0, count: 4096)
            let length = readlink("/proc/self/fd/\(number)", &target, target.count - 1)
            guard length > 0 else { return false }
            return String(decoding: target.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self) == path
        }
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8], at offset: Int) { _ = pwrite(descriptor, bytes, bytes.count, off_t(offset)) }
}
