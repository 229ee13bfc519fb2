/// Why a capture file cannot be read (on): what, where, and how much was read before.
package struct CaptureFileError: Error, Equatable, CustomStringConvertible {
    /// The file, `-` for standard input.
    package var path: String
    /// Where in the file, in bytes from its start.
    package var offset: UInt64
    /// The packets that were read before.
    package var packetsRead: UInt64
    /// What is wrong.
    package var problem: Problem

    /// What can be wrong with a capture file.
    package enum Problem: Error, Equatable, Sendable {
        /// It cannot be opened or read: what the system says.
        case system(String)
        /// It has no bytes.
        case empty
        /// Its first bytes are those of no capture format.
        case unknownFormat(firstBytes: [UInt8])
        /// Compressed by a program whose name is given.
        case compressed(String)
        /// It ends within a record.
        case truncated
        /// A record contradicts the format: what it says.
        case garbled(String)
    }

    /// A sentence for people.
    package var description: String {
        let name = path == "-" ? "standard input" : path
        let place = "\(name): at byte \(offset), after \(packetsRead) packets: "
        switch problem {
        case .system(let text): return packetsRead == 0 && offset == 0 ? "cannot read \(name): \(text)" : place + text
        case .empty: return "\(name) is empty: a capture file has at least a header"
        case .unknownFormat(let bytes):
            let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            return "\(name) is no pcap or pcapng file: it begins with \(hex)"
        case .compressed(let program):
            return "\(name) is compressed: try `\(program) -dc \(path == "-" ? "FILE" : path) | … -`"
        case .truncated: return place + "the file ends within a record (it was cut, or is still being written)"
        case .garbled(let text): return place + "garbled: \(text)"
        }
    }
}
