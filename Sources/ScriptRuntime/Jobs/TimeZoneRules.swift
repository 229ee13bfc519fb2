internal import Glibc

/// A time zone's offsets from UTC, read from the system's own files (RFC 8536).
///
/// Foundation's zones would cost 40 MB of program for the few jobs that name one.
struct TimeZoneRules: Sendable, Equatable {
    /// No clock was ever set by more than a day.
    static let largestShift = CivilTime.secondsPerDay
    static let utc = TimeZoneRules(transitions: [], initialOffset: 0, rule: nil)

    struct Transition: Sendable, Equatable {
        let time: Int64
        let offset: Int64
    }

    private let transitions: [Transition]
    private let initialOffset: Int64
    /// What holds after the last transition of the file.
    private let rule: DaylightRule?

    init(transitions: [Transition], initialOffset: Int64, rule: DaylightRule?) {
        self.transitions = transitions
        self.initialOffset = initialOffset
        self.rule = rule
    }

    /// Seconds to add to UTC at an instant.
    func offset(at instant: Int64) -> Int64 {
        if let rule, instant >= transitions.last?.time ?? .min { return rule.offset(at: instant) }
        return transitions.last { $0.time <= instant }?.offset ?? initialOffset
    }

    /// The first instant at which clocks show a local time; nil for one that they skip.
    func firstInstant(ofLocal local: Int64) -> Int64? {
        let offsets = [offset(at: local - Self.largestShift), offset(at: local + Self.largestShift)]
        return offsets.map { local - $0 }.filter { $0 + offset(at: $0) == local }.min()
    }
}

extension TimeZoneRules {
    private static let folder = "/usr/share/zoneinfo/"
    /// The largest zone file has some 4 KB.
    private static let fileLimit = 64 << 10

    /// The zone of a name such as `Europe/Berlin`; nil if the system does not know it.
    init?(named name: String) {
        if name == "UTC" {
            self = .utc
            return
        }
        let allowed = name.utf8.allSatisfy { byte in
            UnicodeScalar(byte).properties.isAlphabetic || (48...57).contains(byte) || "/_+-".utf8.contains(byte)
        }
        guard allowed, !name.isEmpty, !name.hasPrefix("/"), let bytes = Self.read(Self.folder + name) else {
            return nil
        }
        self.init(file: bytes)
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: fileLimit) { buffer, count in
            count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// Reads the second, 64-bit part of a file; the first is for programs of the last century.
    init?(file bytes: [UInt8]) {
        var reader = ZoneFileReader(bytes)
        guard let first = reader.header(), reader.skip(first.byteCount(timeBytes: 4)), let header = reader.header()
        else { return nil }
        let times = (0..<header.transitions).map { _ in reader.integer(bytes: 8) }
        let kinds = (0..<header.transitions).map { _ in Int(reader.integer(bytes: 1)) }
        var offsets: [Int64] = []
        for _ in 0..<header.kinds {
            offsets.append(Int64(Int32(truncatingIfNeeded: reader.integer(bytes: 4))))
            _ = reader.skip(2)
        }
        _ = reader.skip(header.characters + header.leapSeconds * 12 + header.standardFlags + header.utcFlags)
        guard !reader.isExhausted, let initial = offsets.first, kinds.allSatisfy(offsets.indices.contains) else {
            return nil
        }
        self.init(
            transitions: zip(times, kinds).map { Transition(time: $0, offset: offsets[$1]) }, initialOffset: initial,
            rule: DaylightRule(reader.footer()))
    }
}

/// Walks over the bytes of a zone file; reading past the end gives zeros and is remembered.
private struct ZoneFileReader {
    struct Header {
        let utcFlags: Int
        let standardFlags: Int
        let leapSeconds: Int
        let transitions: Int
        let kinds: Int
        let characters: Int

        func byteCount(timeBytes: Int) -> Int {
            transitions * (timeBytes + 1) + kinds * 6 + characters + leapSeconds * (timeBytes + 4) + standardFlags
                + utcFlags
        }
    }

    private let bytes: [UInt8]
    private var position = 0
    private(set) var isExhausted = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func header() -> Header? {
        guard bytes.dropFirst(position).starts(with: "TZif".utf8) else { return nil }
        // After the mark come a version and 15 bytes of nothing.
        _ = skip(20)
        let counts = (0..<6).map { _ in Int(integer(bytes: 4)) }
        // A count beyond the file is damage, and must not make us reserve memory for it.
        guard !isExhausted, counts.allSatisfy({ $0 <= bytes.count }) else { return nil }
        return Header(
            utcFlags: counts[0], standardFlags: counts[1], leapSeconds: counts[2], transitions: counts[3],
            kinds: counts[4], characters: counts[5])
    }

    mutating func skip(_ count: Int) -> Bool {
        position += count
        if position > bytes.count { isExhausted = true }
        return !isExhausted
    }

    mutating func integer(bytes count: Int) -> Int64 {
        guard position + count <= bytes.count else {
            isExhausted = true
            return 0
        }
        defer { position += count }
        return bytes[position..<position + count].reduce(0) { $0 << 8 | Int64($1) }
    }

    /// The line that says what holds after the last transition.
    func footer() -> String {
        let line = bytes.dropFirst(position + 1).prefix { $0 != UInt8(ascii: "\n") }
        return String(decoding: line, as: UTF8.self)
    }
}
