internal import Glibc

/// The file below a ring.
enum RingFile {
    /// Whether the file is a ring of this size.
    static func isRing(_ descriptor: CInt, like settings: RingSettings) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size >= RingControl.size else { return false }
        var words = [UInt64](repeating: 0, count: 4)
        let count = words.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, 32, 64) }
        return count == 32 && words[0] == RingControl.magic && words[1] == RingControl.version
            && words[2] == UInt64(settings.segmentBytes) && words[3] == UInt64(settings.segmentCount)
            && Int(status.st_size) == settings.fileSize
    }

    /// Reserves room for as many segments as the disk has, at least four; returns their number.
    ///
    /// Without that, writing to a mapping on a full disk would end the process.
    static func reserve(_ descriptor: CInt, path: String, _ wanted: RingSettings) throws(RingError) -> Int {
        var settings = wanted
        while true {
            let result = posix_fallocate(descriptor, 0, off_t(settings.fileSize))
            if result == 0 { return settings.segmentCount }
            guard result == ENOSPC || result == EDQUOT || result == EFBIG else {
                throw .system(path: path, what: "reserve room for", message: systemMessage(result))
            }
            ftruncate(descriptor, 0)
            guard settings.segmentCount > 4 else { throw .diskFull(path: path, bytes: settings.fileSize) }
            settings.segmentCount = max(4, settings.segmentCount / 2)
        }
    }

    /// The size of the ring in a file; nil if it is none.
    static func settings(_ path: String) -> RingSettings? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var words = [UInt64](repeating: 0, count: 4)
        let count = words.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, 32, 64) }
        guard count == 32, words[2] <= 16 << 20, words[3] <= UInt64(RingControl.mostSegments) else { return nil }
        var settings = RingSettings()
        settings.segmentBytes = Int(words[2])
        settings.segmentCount = Int(words[3])
        return settings.segmentCount >= 4 && settings.segmentBytes >= 65_536 && settings.segmentBytes % 4096 == 0
            && isRing(descriptor, like: settings) ? settings : nil
    }
}
