internal import Glibc

/// A small file beside the process that survives its death: what was being handed to scripts, and what they have
/// finished.
///
/// Written before and after scripts are called, without waiting for the disk: what the kernel has taken is there after
/// `kill -9`. After the machine itself died the lease has what was finished up to half a second before.
package final class DeliveryJournal: Sendable {
    /// What a journal tells.
    package struct Content: Sendable, Equatable {
        /// Which hub's it is: another's must not be taken for ours.
        package var owner: String
        /// Scripts have finished with everything up to here.
        package var finished: DeliveryPosition
        /// Scripts may have seen everything up to here.
        package var started: DeliveryPosition
    }

    private let descriptor: Int32

    /// Lines are of fixed width, so that each is replaced in place.
    private static let lineWidth = 160

    /// Opens or makes the file; `previous` is what an earlier process of the same owner left.
    package init(folder: String, owner: String) throws(HubError) {
        let path = "\(folder)/delivered"
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw HubError("cannot make the folder \(folder): \(String(cString: strerror(errno)))")
        }
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw HubError("cannot open \(path): \(String(cString: strerror(errno))); name another --state-dir")
        }
        var buffer = [UInt8](repeating: 0, count: Self.lineWidth * 3)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        let lines = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map {
                $0.split(separator: " ").joined(separator: " ")
            }
        if lines.count >= 3, lines[0] == owner, let finished = DeliveryPosition(lines[1]) {
            previous = Content(owner: owner, finished: finished, started: DeliveryPosition(lines[2]) ?? finished)
        } else {
            previous = nil
        }
        write(owner, line: 0)
    }

    deinit { close(descriptor) }

    /// What an earlier process of the same owner left; nil if there was none.
    package let previous: Content?

    /// Scripts are about to see everything up to here.
    package func started(_ position: DeliveryPosition) { write(position.description, line: 2) }

    /// Scripts have finished with everything up to here.
    package func finished(_ position: DeliveryPosition) { write(position.description, line: 1) }

    private func write(_ text: String, line: Int) {
        var bytes = Array(text.utf8.prefix(Self.lineWidth - 1))
        bytes += Array(repeating: 0x20, count: Self.lineWidth - 1 - bytes.count) + [0x0a]
        _ = pwrite(descriptor, bytes, bytes.count, off_t(line * Self.lineWidth))
    }
}
