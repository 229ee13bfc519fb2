import CurlTransport
import Testing

@Suite("Compressed bodies")
struct CompressionTests {
    /// "hello, compressed world\n" as gzip wrote it.
    private static let packed: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0xd7, 0x51, 0x48,
        0xce, 0xcf, 0x2d, 0x28, 0x4a, 0x2d, 0x2e, 0x4e, 0x4d, 0x51, 0x28, 0xcf, 0x2f, 0xca, 0x49, 0xe1, 0x02, 0x00,
        0x3f, 0xba, 0x39, 0x3c, 0x18, 0x00, 0x00, 0x00,
    ]
    private static let text = "hello, compressed world\n"

    @Test("compression is asked for only where it is welcome")
    func asking() async throws {
        let server = try ScriptedServer(answering: "HTTP/1.1 204 No Content\r\n\r\n")
        let transport = try CurlTransport()
        var request = HTTPRequest.direct(server.url)
        _ = try await transport.send(request)
        request.acceptsCompression = true
        _ = try await transport.send(request)
        #expect(server.requests.map { $0.contains("Accept-Encoding: gzip\r\n") } == [false, true])
    }

    @Test("a body arrives unpacked, in one piece or sliced")
    func unpacking() async throws {
        for size in [1, 7, 1_000] {
            #expect(try await unpack(Self.packed, chunk: size) == .success(Self.text))
        }
    }

    @Test("a corrupt body is an error of its encoding", arguments: [0, 2, 12, 14])
    func corrupt(place: Int) async throws {
        var bytes = Self.packed
        bytes[place] ^= 0xff
        #expect(try await unpack(bytes, chunk: 1_000) == .failure(.encoding))
    }

    @Test("a packed body that ends too early within a complete answer never gives anything but a beginning of the text")
    func cutInside() async throws {
        for count in 1..<Self.packed.count {
            switch try await unpack(Array(Self.packed.prefix(count)), chunk: 1_000) {
            // libcurl 7.88 does not notice: see HTTPRequest.acceptsCompression.
            case .success(let text): #expect(Self.text.hasPrefix(text), "\(count) bytes")
            case .failure(let kind): #expect(kind == .encoding, "\(count) bytes")
            }
        }
    }

    @Test("a connection that ends inside a packed body is interrupted")
    func cutConnection() async throws {
        let packed = Self.packed
        let server = try ScriptedServer { peer in
            _ = try peer.readHead()
            try peer.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n")
            try peer.write(Array(packed.prefix(packed.count / 2)))
        }
        let transport = try CurlTransport()
        var request = HTTPRequest.direct(server.url)
        request.acceptsCompression = true
        #expect(try await transport.error(request)?.kind == .interrupted)
    }

    private enum Outcome: Equatable {
        case success(String)
        case failure(TransportError.Kind)
    }

    private func unpack(_ bytes: [UInt8], chunk: Int) async throws -> Outcome {
        let server = try ScriptedServer { peer in
            _ = try peer.readHead()
            try peer.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(chunk)
                try peer.write(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8))
                rest = rest.dropFirst(chunk)
            }
            try peer.write("0\r\n\r\n")
        }
        let transport = try CurlTransport()
        var request = HTTPRequest.direct(server.url)
        request.acceptsCompression = true
        do {
            return .success(try await transport.text(request))
        } catch let error as TransportError {
            return .failure(error.kind)
        }
    }
}
