import FaultProxy
import Glibc
import Testing

@testable import CurlTransport

@Suite("Back-pressure, cancellation and ends")
struct FlowTests {
    @Test("a consumer that does not read holds back 200 MB, at a flat memory of this process")
    func backPressure() async {
        // In a process of its own, whose memory no other test fills.
        await #expect(processExitsWith: .success) {
            try await TestServer.run { server in
                let transport = try CurlTransport()
                // Until the allocator has what it needs: AddressSanitizer keeps 256 MB of what was freed.
                for try await _ in try await transport.send(.direct(server.url + "/pattern?bytes=80000000")).body {}
                let (before, writtenBefore) = (Self.residentBytes(), server.counters.bytesWritten)
                let response = try await transport.send(.direct(server.url + "/pattern?bytes=200000000"))
                try await eventually("the server is held back") {
                    let written = server.counters.bytesWritten
                    try await Task.sleep(for: .seconds(1))
                    return written > writtenBefore && server.counters.bytesWritten == written
                }
                // Our buffer and libcurl's, and what the kernel holds for both ends (4 and 6 MB on Linux by default).
                #expect(server.counters.bytesWritten - writtenBefore < 16_000_000)
                #expect(Self.residentBytes() - before < 16_000_000)
                withExtendedLifetime(response) {}
            }
        }
    }

    @Test("a consumer that stops and goes on again and again gets every byte")
    func resuming() async throws {
        try await TestServer.run { server in
            let count = 32_000_000
            let transport = try CurlTransport()
            let response = try await transport.send(.direct(server.url + "/pattern?bytes=\(count)"))
            var check = PatternCheck()
            var pieces = 0
            for try await piece in response.body {
                check.append(piece)
                pieces += 1
                // Now and then long enough for the buffers to fill.
                if pieces % 16 == 0 { try await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(check == .intact(count))
        }
    }

    @Test("a network that slices everything does not change a byte")
    func slices() async throws {
        try await TestServer.run { server in
            try await FaultProxy.withProxy(upstreamPort: server.port) { proxy in
                try await proxy.inject(.slice(to: 3))
                let transport = try CurlTransport()
                let response = try await transport.send(.direct("http://127.0.0.1:\(proxy.port)/pattern?bytes=30000"))
                var check = PatternCheck()
                for try await piece in response.body { check.append(piece) }
                #expect(check == .intact(30_000))
            }
        }
    }

    @Test("a reset in the middle of a body is an interruption, and the next request works")
    func reset() async throws {
        try await TestServer.run { server in
            try await FaultProxy.withProxy(upstreamPort: server.port) { proxy in
                try await proxy.inject(.reset(afterBytes: 50_000), on: .new)
                let transport = try CurlTransport()
                let url = "http://127.0.0.1:\(proxy.port)"
                #expect(try await transport.error(.direct(url + "/pattern?bytes=100000"))?.kind == .interrupted)
                try await proxy.heal()
                #expect(try await transport.text(.direct(url + "/hello")) == "hello")
            }
        }
    }

    @Test("a task that is cancelled before it sends reaches nobody")
    func cancelledBeforeSending() async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 204 No Content\r\n\r\n")
        let transport = try CurlTransport()
        let url = server.url
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await transport.send(.direct(url))
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        // A request that was sent would have been served before this one.
        _ = try await transport.send(.direct(url))
        #expect(server.requests.count == 1)
    }

    @Test("cancelling a task that waits for the head ends the transfer")
    func cancelledBeforeHead() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            let task = Task { try await transport.send(.direct(server.url + "/never")) }
            try await eventually("the request has arrived") { server.counters.waiting == 1 }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await eventually("the server sees the end") { server.counters.abandoned == 1 }
        }
    }

    @Test("cancelling a task that waits for more of the body ends the transfer")
    func cancelledInBody() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            let response = try await transport.send(.direct(server.url + "/stall?bytes=10"))
            let task = Task {
                for try await _ in response.body {}
            }
            try await eventually("the stream stands") { server.counters.waiting == 1 }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            try await eventually("the server sees the end") { server.counters.abandoned == 1 }
            // The response is still held: it was the cancellation that ended it.
            await #expect(throws: CancellationError.self) { for try await _ in response.body {} }
        }
    }

    @Test("a response that is dropped unread ends its transfer, small or stalled by its own size")
    func dropped() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            for path in ["/stall?bytes=10", "/pattern?bytes=200000000"] {
                let before = server.counters.abandoned
                _ = try await transport.send(.direct(server.url + path))
                try await eventually("the server sees the end") { server.counters.abandoned == before + 1 }
            }
        }
    }

    @Test("cancelling after the end changes nothing, and the connection serves on")
    func cancelledAfterEnd() async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
        let transport = try CurlTransport()
        for _ in 0..<20 {
            let response = try await transport.send(.direct(server.url))
            let task = Task { try await response.body.collect(limit: 5) }
            #expect(try await task.value == Array("hello".utf8))
            task.cancel()
        }
        #expect(server.connectionCount == 1)
    }

    @Test("cancelling at any moment leaves a transport that works and a server without leftovers")
    func cancelledAnytime() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            var random = SeededGenerator(seed: 11)
            for _ in 0..<200 {
                let path =
                    ["/hello", "/stall?bytes=100000", "/pattern?bytes=3000000", "/never"]
                    .randomElement(using: &random) ?? ""
                let task = Task {
                    for try await _ in try await transport.send(.direct(server.url + path)).body {}
                }
                try await Task.sleep(for: .microseconds(Int.random(in: 0...3_000, using: &random)))
                task.cancel()
                _ = await task.result
            }
            try await eventually("no handler is left waiting") { server.counters.waiting == 0 }
            #expect(try await transport.text(.direct(server.url + "/hello")) == "hello")
        }
    }

    @Test("shutting down ends what is under way and refuses what comes later")
    func shutDown() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            let response = try await transport.send(.direct(server.url + "/stall?bytes=10"))
            let reading = Task {
                for try await _ in response.body {}
            }
            let sending = Task { try await transport.send(.direct(server.url + "/never")) }
            try await eventually("both stand") { server.counters.waiting == 2 }
            transport.shutDown()
            let error = TransportError(kind: .shutDown, peer: server.url, detail: "")
            await #expect(throws: error) { try await reading.value }
            await #expect(throws: error) { try await sending.value }
            await #expect(throws: error) { try await transport.send(.direct(server.url)) }
            transport.shutDown()
            try await eventually("the server sees the end") { server.counters.abandoned == 2 }
        }
    }

    @Test("a response outlives the last other use of its transport")
    func responseKeepsTransport() async throws {
        try await TestServer.run { server in
            let response = try await CurlTransport().send(.direct(server.url + "/pattern?bytes=3000000"))
            var check = PatternCheck()
            for try await piece in response.body { check.append(piece) }
            #expect(check == .intact(3_000_000))
        }
    }

    @Test("a transport that nobody holds any more ends its thread")
    func threadEnds() async throws {
        do {
            let transport = try CurlTransport(name: "short-lived")
            try await eventually("the thread runs") { Self.threadNames().contains("short-lived") }
            withExtendedLifetime(transport) {}
        }
        try await eventually("the thread is gone") { !Self.threadNames().contains("short-lived") }
    }

    @Test("severing fails the response, also one that is held back, and the next request gets another connection")
    func sever() async throws {
        try await TestServer.run { server in
            let transport = try CurlTransport()
            for path in ["/stall?bytes=10", "/pattern?bytes=200000000"] {
                let response = try await transport.send(.direct(server.url + path))
                response.body.severConnection()
                let error = await #expect(throws: TransportError.self) { for try await _ in response.body {} }
                #expect(error?.kind == .interrupted)
                let next = try await transport.send(.direct(server.url + "/hello"))
                #expect(next.connection != response.connection)
                #expect(try await next.body.collect(limit: 5) == Array("hello".utf8))
            }
            try await eventually("the server sees both ends") { server.counters.abandoned == 2 }
        }
    }

    @Test("severing a body without a length does not make it look complete")
    func severUnframed() async throws {
        let server = try ScriptedServer { peer in
            _ = try peer.readHead()
            try peer.write("HTTP/1.1 200 OK\r\n\r\nhalf")
            peer.waitForEnd()
        }
        let transport = try CurlTransport()
        let response = try await transport.send(.direct(server.url))
        response.body.severConnection()
        let error = await #expect(throws: TransportError.self) { for try await _ in response.body {} }
        #expect(error?.kind == .interrupted)
    }

    static func residentBytes() -> Int {
        // statm: total, resident, … in pages
        let fields = Self.text(of: "/proc/self/statm").split(separator: " ")
        return (fields.dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
    }

    private static func threadNames() -> [String] {
        guard let directory = opendir("/proc/self/task") else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let id = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(String(text(of: "/proc/self/task/\(id)/comm").prefix { $0 != "\n" }))
        }
        return names
    }

    private static func text(of path: String) -> String {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
}
