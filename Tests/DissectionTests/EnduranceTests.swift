import Glibc
import HTTPTraffic
import PacketCapture
import Testing

@testable import Dissection

/// Much and long: memory stays as it is, and nothing goes uncounted.
@Suite("Endurance")
struct EnduranceTests {
    /// Megabytes of memory that this process has to itself.
    private func anonymousMemory() -> Int {
        guard let file = fopen("/proc/self/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix("RssAnon:") {
                return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 / 1024 } ?? 0
            }
        }
        return 0
    }

    /// A connection, as long as anybody holds it.
    private struct Trace {
        weak var connection: ConnectionIdentity?
    }

    private func openFiles() -> Int {
        var count = 0
        guard let folder = opendir("/proc/self/fd") else { return -1 }
        defer { closedir(folder) }
        while readdir(folder) != nil { count += 1 }
        return count
    }

    @Test("a body of a gigabyte, over an hour: the memory stays, and the item comes with the whole size")
    func longBody() {
        var traffic = TrafficDissector()
        let conversation = HTTPConversation(requests: [("/large", 200)])
        let frames = conversation.packets
        var number: UInt16 = 0
        func take(_ bytes: [UInt8], at time: Int64) {
            number &+= 1
            _ = bytes.withUnsafeBytes {
                traffic.process(
                    CapturedPacket(
                        bytes: $0, time: time, wireLength: UInt32($0.count), interface: 0, linkType: .ethernet))
            }
        }
        let start = frames[0].time
        for frame in frames.prefix(4) { take(frame.bytes, at: frame.time) }
        // The response's frame, of which headers and acknowledgements are taken over.
        var head = frames[4].bytes
        head.removeLast(head.count - 54)
        let sizes = (total: 1 << 30, piece: 64_000)
        let text = Array("HTTP/1.1 200 OK\r\nContent-Length: \(sizes.total)\r\n\r\n".utf8)
        func sequence(_ frame: [UInt8]) -> UInt32 { frame[38..<42].reduce(0) { $0 << 8 | UInt32($1) } }
        var next = sequence(head)
        func send(_ payload: [UInt8], at time: Int64) {
            var frame = head
            let length = UInt16(40 + payload.count)
            frame.replaceSubrange(16..<18, with: [UInt8(length >> 8), UInt8(truncatingIfNeeded: length)])
            for byte in 0..<4 { frame[38 + byte] = UInt8(truncatingIfNeeded: next >> (24 - 8 * UInt32(byte))) }
            take(frame + payload, at: time)
            next &+= UInt32(payload.count)
        }
        send(text, at: start + 1_000_000)
        let piece = [UInt8](repeating: 0x61, count: sizes.piece)
        let count = (sizes.total + sizes.piece - 1) / sizes.piece
        let before = anonymousMemory()
        var sent = 0
        for index in 0..<count {
            let size = min(sizes.piece, sizes.total - sent)
            send(
                size == piece.count ? piece : Array(piece.prefix(size)),
                at: start + Int64(index) * 3_600_000_000_000 / Int64(count))
            sent += size
        }
        // Other tests run beside this one; what is kept of a gigabyte would show all the same.
        #expect(anonymousMemory() - before < 256)
        var items: [Item] = []
        traffic.drain { items += $0 }
        #expect(items.count == 1 && items.first?.responseSize == text.count + sizes.total && items.first?.error == nil)
        traffic.finish()
        #expect(traffic.flowCounters.violations == [])
        #expect(traffic.flowCounters.gaps.total == 0)
    }

    @Test("twenty thousand short connections a second: no descriptor, no memory is lost, and each has its item")
    func shortConnections() {
        var traffic = TrafficDissector()
        let frames = HTTPConversation(step: 1_000, requests: [("/", 200)]).packets
        let files = openFiles()
        var found = 0
        var before = 0
        var traces: [Trace] = []
        let count = 60_000
        for number in 0..<count {
            if number == count / 3 { before = anonymousMemory() }
            for frame in frames {
                var bytes = frame.bytes
                // Another client each time: addresses are at 26 (source) and 30, as the sender says.
                let place = bytes[30] == 10 && bytes[33] == 2 ? 26 : 30
                bytes[place + 1] = UInt8(truncatingIfNeeded: number >> 16)
                bytes[place + 2] = UInt8(truncatingIfNeeded: number >> 8)
                bytes[place + 3] = UInt8(truncatingIfNeeded: number)
                _ = bytes.withUnsafeBytes {
                    traffic.process(
                        CapturedPacket(
                            bytes: $0, time: frame.time + Int64(number) * 50_000, wireLength: UInt32($0.count),
                            interface: 0, linkType: .ethernet))
                }
            }
            traffic.drain { items in
                for item in items where item.error == nil {
                    found += 1
                    traces.append(Trace(connection: item.connection))
                }
            }
        }
        // Connections that are over are held by nobody.
        #expect(traces.count { $0.connection != nil } <= 1)
        // Other tests run beside this one, some of which take much and give it back.
        #expect(anonymousMemory() - before < 512)
        // Others open some in between, and not thousands.
        #expect(openFiles() - files < 1_000)
        traffic.finish()
        traffic.drain { found += $0.count }
        #expect(found == count)
        #expect(traffic.flowCounters.violations == [] && traffic.flowCounters.flowsBegun == UInt64(count))
    }
}
