import FaultProxy
import HTTPServer
import JSON
import Testing

@testable import Fleet

/// What of names goes to whom.
@Suite("Names for workers")
struct NameLogTests {
    /// A worker that reads.
    private struct Reader {
        var track = NameTrack.nothing
        var book = NameBook()
        var bytes: [Int] = []

        /// Reads so many lines, or all; false: there was none.
        @discardableResult
        mutating func read(_ log: inout NameLog, lines: Int = .max) throws -> Bool {
            var rest = lines
            while rest > 0, let piece = log.next(&track) {
                rest -= 1
                bytes.append(piece.count)
                guard case .names(let names) = try HubMessage(line: Array(piece.bytes.dropLast())) else {
                    Issue.record("another message")
                    continue
                }
                book.take(names)
            }
            return rest < lines
        }
    }

    private func log(
        _ count: Int = 3, limit: Int = 1_000, changeBytes: Int = 1 << 20, lineBytes: Int = 400
    ) -> NameLog {
        var log = NameLog(limit: limit, changeByteLimit: changeBytes, lineByteLimit: lineBytes)
        _ = log.update((0..<count).map { Samples.news("10.0.0.\($0)", "pod-\($0)") })
        log.complete(at: 20)
        return log
    }

    @Test("a worker that knows nothing reads everything in lines of bounded length, and then what changes alone")
    func table() throws {
        var log = log(20)
        var reader = Reader()
        try reader.read(&log)
        #expect(reader.book.parts.first == .first && reader.book.parts.last == .last)
        #expect(reader.book.parts.count > 3 && reader.bytes.allSatisfy { $0 <= 700 })
        #expect(reader.book.short.count == 20 && reader.book.short["10.0.0.7"] == "pod shop/pod-7")
        #expect(try !reader.read(&log))
        let isNews = log.update([
            Samples.news("10.0.0.7", nil, at: 30), Samples.news("10.0.0.8", "other", at: 31),
            Samples.news("10.0.0.9", "pod-9"),
        ])
        #expect(isNews)
        let before = reader.bytes.count
        try reader.read(&log)
        #expect(reader.book.parts.suffix(2) == [.change, .change] && reader.bytes.count == before + 2)
        #expect(reader.book.short["10.0.0.7"] == nil && reader.book.short["10.0.0.8"] == "pod shop/other")
        #expect(reader.book.ends == [FleetNames.End(address: "10.0.0.7", time: 30)])
        // Nothing has changed by that.
        let isAgain = log.update([Samples.news("10.0.0.8", "other", at: 31), Samples.news("10.0.0.77", nil)])
        #expect(!isAgain && log.version == 2)
        #expect(log.count(.pod) == 19 && log.count(.service) == 0)
    }

    @Test("before everything is known nobody is told anything, and a cluster without anything is a table too")
    func complete() throws {
        var log = NameLog()
        var reader = Reader()
        let isNews = log.update([Samples.news("10.0.0.1", "a")])
        #expect(try !isNews && !reader.read(&log))
        log.complete(at: 5)
        try reader.read(&log)
        #expect(reader.book.parts == [.whole] && reader.book.short == ["10.0.0.1": "pod shop/a"])
        var empty = NameLog()
        empty.complete(at: 5)
        var other = Reader()
        other.book.take(FleetNames(version: 1, part: .whole, time: 1, put: [Samples.name("10.0.0.9", "old")]))
        try other.read(&empty)
        #expect(other.book.short == [:] && other.book.parts == [.whole, .whole])
    }

    @Test("for a thousand workers a table is encoded once, also when little has changed in between, and so is a change")
    func shared() throws {
        var log = log(100)
        for number in 0..<1_000 {
            if number % 200 == 100 { _ = log.update([Samples.news("10.0.0.1", "next-\(number)")]) }
            var reader = Reader()
            while log.next(&reader.track) != nil {}
            guard case .known(log.version) = reader.track else {
                Issue.record("\(reader.track)")
                return
            }
        }
        #expect(log.counters.tables == 1_000 && log.counters.encodedTables == 1)
        #expect(log.counters.changes == 105)
    }

    @Test(
        "a worker that is too far behind reads the table again, also in the middle of one; one of before a change does not"
    )
    func behind() throws {
        // Room for about three changes of one name.
        var log = log(20, changeBytes: 600)
        var reader = Reader()
        try reader.read(&log)
        _ = log.update([Samples.news("10.0.0.1", "next")])
        try reader.read(&log)
        #expect(log.counters.tables == 1)
        var slow = Reader()
        try slow.read(&log, lines: 2)
        #expect(log.counters.tables == 2)
        for number in 0..<10 { _ = log.update([Samples.news("10.0.1.\(number)", "new-\(number)")]) }
        _ = log.update([Samples.news("10.0.0.1", nil)])
        try reader.read(&log)
        try slow.read(&log)
        #expect(log.counters.tables == 4)
        #expect(reader.book.parts.count(where: { $0 == .first }) == 2)
        #expect(reader.book.short.count == 29 && reader.book.names == slow.book.names)
    }

    @Test("a worker that comes back to the same hub reads what it missed; to another, or too late, everything")
    func position() throws {
        var log = log(20, changeBytes: 600)
        _ = log.update([Samples.news("10.0.0.1", "next")])
        _ = log.update([Samples.news("10.0.0.2", "next")])
        func track(_ hub: String, _ version: UInt64) -> String {
            switch log.track(.read(FleetNamePosition(hub: hub, version: version)), hub: "h") {
            case .known(let version): "\(version)"
            case .nothing: "nothing"
            case .unwanted, .reading: "?"
            }
        }
        #expect([0, 1, 2, 3].map { track("h", $0) } == ["0", "1", "2", "nothing"])
        #expect(track("other", 1) == "nothing")
        for number in 0..<10 { _ = log.update([Samples.news("10.0.1.\(number)", "new")]) }
        #expect(track("h", 1) == "nothing" && track("h", log.version) == "12")
        var old = log.track(.unknown, hub: "h")
        #expect(log.next(&old) == nil)
    }

    @Test("beyond the limit addresses are left out and counted; they come in when others go")
    func limit() throws {
        var log = log(0, limit: 3)
        for number in 0..<5 { _ = log.update([Samples.news("10.0.0.\(number)", "pod-\(number)")]) }
        #expect(log.count(.pod) == 3 && log.leftOutCount == 2)
        var reader = Reader()
        try reader.read(&log)
        #expect(reader.book.short.keys.sorted() == ["10.0.0.0", "10.0.0.1", "10.0.0.2"])
        // One that was left out ends, and one that was not; the one that is left comes in its place.
        _ = log.update([Samples.news("10.0.0.4", nil)])
        _ = log.update([Samples.news("10.0.0.1", nil)])
        try reader.read(&log)
        #expect(reader.book.short.keys.sorted() == ["10.0.0.0", "10.0.0.2", "10.0.0.3"])
        #expect(log.leftOutCount == 0 && log.count(.pod) == 3)
        // What comes in, and ends within the same news, is not there.
        for number in 4..<6 { _ = log.update([Samples.news("10.0.0.\(number)", "pod-\(number)")]) }
        _ = log.update([0, 2, 3, 4, 5].map { Samples.news("10.0.0.\($0)", nil) })
        try reader.read(&log)
        #expect(reader.book.short == [:] && log.leftOutCount == 0 && log.count(.pod) == 0)
    }

    @Test("whatever changes and however slowly they read, all workers know the same in the end", arguments: 1...20)
    func random(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        var log = log(10, limit: 30, changeBytes: 1_500)
        var readers = (0..<5).map { _ in Reader() }
        for _ in 0..<300 {
            let news = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                Samples.news(
                    "10.0.0.\(Int.random(in: 0..<40, using: &generator))",
                    Bool.random(using: &generator) ? "pod-\(Int.random(in: 0..<5, using: &generator))" : nil)
            }
            _ = log.update(Array(Dictionary(news.map { ($0.address, $0) }, uniquingKeysWith: { $1 }).values))
            for index in readers.indices {
                try readers[index].read(&log, lines: Int.random(in: 0...index, using: &generator))
            }
        }
        for index in readers.indices { try readers[index].read(&log) }
        var fresh = Reader()
        try fresh.read(&log)
        #expect(fresh.book.names.count == log.count(.pod), "seed \(seed)")
        for reader in readers { #expect(reader.book.names == fresh.book.names, "seed \(seed)") }
    }
}
