import Glibc

/// A file whose bytes can be changed in place.
final class FileBytes {
    private let descriptor: CInt

    init?(_ path: String) throws {
        descriptor = open(path, O_RDWR)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8], at offset: Int) { _ = pwrite(descriptor, bytes, bytes.count, off_t(offset)) }
}
