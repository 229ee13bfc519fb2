internal import Glibc

/// Searches in bytes.
enum Bytes {
    /// Whether `wanted` occurs in `text`. Tries each place where the first byte fits; linear for all but made-up texts,
    /// which are at most as long as a kept body.
    static func contains(
        _ text: UnsafePointer<UInt8>, _ count: Int, _ wanted: UnsafePointer<UInt8>, _ wantedCount: Int
    ) -> Bool {
        var start = 0
        while start + wantedCount <= count {
            guard let found = memchr(text + start, Int32(wanted[0]), count - start - wantedCount + 1) else {
                return false
            }
            start = UnsafeRawPointer(text).distance(to: UnsafeRawPointer(found))
            if memcmp(text + start, wanted, wantedCount) == 0 { return true }
            start += 1
        }
        return false
    }
}
