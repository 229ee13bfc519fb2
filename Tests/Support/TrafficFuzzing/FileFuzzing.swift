internal import Glibc
internal import PacketCapture

/// Capture files with anything in them.
enum FileFuzzing {
    /// A file without a name, used again and again; one thread at a time fuzzes files.
    private static let memory: CInt = tmpfile().map { fileno($0) } ?? -1

    /// What is read lies within the file's bytes, and there is an end to it.
    static func run(_ input: [UInt8]) {
        guard memory >= 0, ftruncate(memory, 0) == 0, lseek(memory, 0, SEEK_SET) == 0 else { return }
        guard write(memory, input, input.count) == input.count, lseek(memory, 0, SEEK_SET) == 0 else { return }
        var sum = 0
        var bytes = 0
        do {
            var file = CaptureFile(path: "input", descriptor: dup(memory))
            while let batch = try file.next() {
                precondition(batch.count > 0, "an empty batch")
                for packet in batch {
                    bytes += packet.bytes.count
                    precondition(packet.bytes.count <= Int(packet.wireLength), "more was captured than there was")
                    precondition(Int(packet.interface) < file.interfaces.count, "a packet of no interface")
                    sum = packet.bytes.reduce(sum) { $0 &+ Int($1) }
                }
            }
        } catch {
            precondition(!error.description.isEmpty, "an error that says nothing")
        }
        precondition(bytes <= input.count && sum >= 0, "\(bytes) bytes of packets in a file of \(input.count)")
    }
}
