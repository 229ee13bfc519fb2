internal import Glibc

/// Where the program's words go: data to standard output, talk to standard error; colour only for people.
struct Terminal: Sendable {
    /// A role that text can have; how it looks is decided here.
    enum Style: String, Sendable {
        case good = "32"
        case change = "33"
        case bad = "31"
        case faint = "2"
        case strong = "1"
    }

    /// One of the two streams.
    enum Stream: Int32, Sendable {
        case output = 1
        case error = 2
    }

    private let hasColor: [Stream: Bool]

    /// Colours a stream if it is a terminal and `NO_COLOR` (https://no-color.org) is not set.
    init() {
        let isWanted = getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
        let isDumb = getenv("TERM").map { strcmp($0, "dumb") == 0 } ?? false
        func allows(_ stream: Stream) -> Bool { isWanted && !isDumb && isatty(stream.rawValue) == 1 }
        hasColor = [.output: allows(.output), .error: allows(.error)]
    }

    /// The text in a style, if the stream shows colours.
    func styled(_ text: String, _ style: Style, for stream: Stream = .output) -> String {
        hasColor[stream] == true ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    /// Writes a line of data. In one piece and at once: nothing is lost in a buffer when the program ends.
    func print(_ line: String) { write(Array(line.utf8) + [0x0a], to: .output) }

    /// Writes bytes of data as they are.
    func print(_ bytes: [UInt8]) { write(bytes, to: .output) }

    /// Says something to the person in front of the terminal.
    func say(_ line: String) { write(Array(line.utf8) + [0x0a], to: .error) }

    private func write(_ bytes: [UInt8], to stream: Stream) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(stream.rawValue, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR && errno != EAGAIN {
                // Nobody reads any more (`| head`): what is left to do would be for nobody.
                if stream == .output { exit(0) }
                return
            }
        }
    }
}
