import Glibc
package import Subprocess

/// Why a process has no input.
package struct ProcessInputFailure: Error {
    /// What the system said.
    package let errorNumber: Int32
}

extension InputProtocol where Self == FileDescriptorInput {
    /// Text on a process's standard input, from a file without a name: for processes that may end before they have read it.
    ///
    /// With Subprocess's own `.string`, the whole test run would end then: what cannot be written any more makes it
    /// forget a descriptor, which it takes for a mistake of the program (swift-subprocess, issue 367).
    package static func text(_ text: String) throws(ProcessInputFailure) -> FileDescriptorInput {
        var path = Array("/tmp/remora-input-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw ProcessInputFailure(errorNumber: errno) }
        unlink(path)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                defer { close(descriptor) }
                throw ProcessInputFailure(errorNumber: errno)
            }
            rest = rest.dropFirst(count)
        }
        lseek(descriptor, 0, SEEK_SET)
        return .fileDescriptor(.init(rawValue: descriptor), closeAfterSpawningProcess: true)
    }
}
