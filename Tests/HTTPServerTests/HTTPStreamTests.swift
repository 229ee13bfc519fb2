import HTTPProbe
import HTTPServer
import Testing
import Threading

@Suite(.timeLimit(.minutes(2))) struct HTTPStreamTests {
    @Test("the header leaves before the first write, and every write at once")
    func streaming() async throws {
        let (steps, next) = AsyncStream<String>.makeStream()
        let server = try await HTTPServer.start { _ in
            HTTPResponse(
                body: .stream { writer in for await step in steps { try await writer.write(Array(step.utf8)) } })
        }
        let answer = try await HTTPProbe(port: server.port).open("GET", "/")
        #expect(answer.status == 200)
        #expect(answer.headers == ["transfer-encoding": "chunked", "connection": "close"])
        next.yield("one\n")
        #expect(try await answer.nextChunk() == "one\n")
        next.yield("two\n")
        #expect(try await answer.nextChunk() == "two\n")
        next.finish()
        #expect(try await answer.nextChunk() == nil)
        await server.shutdown()
    }

    @Test("a client that closes cancels the stream at once, though nothing is written")
    func cancellation() async throws {
        let (ended, end) = AsyncStream<Bool>.makeStream()
        let server = try await HTTPServer.start { _ in
            HTTPResponse(
                body: .stream { _ in
                    try? await Task.sleep(for: .seconds(3_600))
                    end.yield(Task.isCancelled)
                })
        }
        let answer = try await HTTPProbe(port: server.port).open("GET", "/")
        answer.close()
        #expect(await ended.first { _ in true } == true)
        await server.shutdown()
    }

    @Test("a client that closes cancels the handler before its answer")
    func handlerCancellation() async throws {
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let (ended, end) = AsyncStream<Bool>.makeStream()
        let server = try await HTTPServer.start { _ in
            begin.yield()
            try? await Task.sleep(for: .seconds(3_600))
            end.yield(Task.isCancelled)
            return .text("")
        }
        let connection = try await RawConnection.open(port: server.port)
        try await connection.send("GET / HTTP/1.1\r\n\r\n")
        _ = await begun.first { _ in true }
        connection.close()
        #expect(await ended.first { _ in true } == true)
        await server.shutdown()
    }

    @Test("a client that does not read holds its writer back, and gets everything in the end")
    func backPressure() async throws {
        let total = 256
        let written = Locked(0)
        let server = try await HTTPServer.start { _ in
            HTTPResponse(
                body: .stream { writer in
                    let block = [UInt8](repeating: UInt8(ascii: "x"), count: 64 << 10)
                    for _ in 0..<total {
                        try await writer.write(block)
                        written.withLock { $0 += 1 }
                    }
                })
        }
        let connection = try await RawConnection.open(port: server.port, reads: false)
        try await connection.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        // It has stalled when nothing more was written for a while; 16 MB do not fit into any socket's buffers.
        var last = -1
        var unchanged = 0
        try await eventually("the writer stalls") {
            let now = written.withLock { $0 }
            unchanged = now == last && now > 0 ? unchanged + 1 : 0
            last = now
            return unchanged >= 20
        }
        #expect(last < total)
        try await connection.startReading()
        // The chunks' frames come on top.
        #expect(await connection.readToEnd().utf8.count > total * 64 << 10)
        #expect(written.withLock { $0 } == total)
        await server.shutdown()
    }

    @Test("a client that never reads is cut off")
    func stall() async throws {
        var configuration = HTTPServerConfiguration()
        configuration.stallTimeout = .milliseconds(100)
        let (ended, end) = AsyncStream<HTTPServerError?>.makeStream()
        let server = try await HTTPServer.start(configuration: configuration) { _ in
            HTTPResponse(
                body: .stream { writer in
                    do {
                        while true { try await writer.write([UInt8](repeating: 0, count: 1 << 20)) }
                    } catch {
                        // A cancelled task sees its cancellation first, or the write's failure: either is right.
                        end.yield(error as? HTTPServerError ?? (error is CancellationError ? .peerGone : nil))
                        throw error
                    }
                })
        }
        let connection = try await RawConnection.open(port: server.port, reads: false)
        try await connection.send("GET / HTTP/1.1\r\n\r\n")
        #expect(await ended.first { _ in true } == .peerGone)
        await server.shutdown()
    }

    @Test("a stream that throws is cut without the last chunk")
    func throwing() async throws {
        struct Trouble: Error {}
        let server = try await HTTPServer.start { _ in
            HTTPResponse(
                body: .stream { writer in
                    try await writer.write(Array("half".utf8))
                    throw Trouble()
                })
        }
        let answer = try await HTTPProbe(port: server.port).open("GET", "/")
        #expect(try await answer.nextChunk() == "half")
        await #expect(throws: RawConnection.Closed.self) { try await answer.nextChunk() }
        await server.shutdown()
    }

    @Test("a stream to a client of HTTP/1.0 has no chunks and ends with the connection")
    func oldClient() async throws {
        let server = try await HTTPServer.start { _ in
            HTTPResponse(body: .stream { writer in try await writer.write(Array("text".utf8)) })
        }
        let connection = try await RawConnection.open(port: server.port)
        try await connection.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(await connection.readToEnd() == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ntext")
        await server.shutdown()
    }

    @Test("shutdown ends streams at once, lets answers finish, and listens no more")
    func shutdown() async throws {
        let (begun, begin) = AsyncStream<Void>.makeStream()
        let isReleased = Locked(false)
        var configuration = HTTPServerConfiguration()
        configuration.shutdownGrace = .seconds(60)
        let server = try await HTTPServer.start(configuration: configuration) { request in
            if request.path == "/stream" {
                return HTTPResponse(body: .stream { _ in try? await Task.sleep(for: .seconds(3_600)) })
            }
            begin.yield()
            while !isReleased.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(1)) }
            return .text("finished")
        }
        let idle = try await RawConnection.open(port: server.port)
        let stream = try await HTTPProbe(port: server.port).open("GET", "/stream")
        let slow = try await RawConnection.open(port: server.port)
        try await slow.send("GET /slow HTTP/1.1\r\n\r\n")
        _ = await begun.first { _ in true }
        async let isDown: Void = server.shutdown()
        #expect(try await stream.nextChunk() == nil)
        #expect(await idle.readToEnd() == "")
        isReleased.withLock { $0 = true }
        #expect(await slow.readToEnd().hasSuffix("finished"))
        await isDown
        await #expect(throws: (any Error).self) { try await RawConnection.open(port: server.port) }
        #expect(server.connectionCount == 0)
    }

    @Test("shutdown does not wait for a handler that never answers")
    func shutdownGrace() async throws {
        let (begun, begin) = AsyncStream<Void>.makeStream()
        var configuration = HTTPServerConfiguration()
        configuration.shutdownGrace = .milliseconds(50)
        let server = try await HTTPServer.start(configuration: configuration) { _ in
            begin.yield()
            try? await Task.sleep(for: .seconds(3_600))
            return .text("")
        }
        let connection = try await RawConnection.open(port: server.port)
        try await connection.send("GET / HTTP/1.1\r\n\r\n")
        _ = await begun.first { _ in true }
        await server.shutdown()
        #expect(await connection.readToEnd() == "")
    }
}
