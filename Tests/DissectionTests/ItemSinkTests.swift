import Testing

@testable import Dissection

@Suite("Where items wait")
struct ItemSinkTests {
    private static let connection = ConnectionIdentity(
        client: Peer(address: "10.0.0.1", port: 40_000), server: Peer(address: "10.0.0.2", port: 80), transport: .tcp,
        number: 1)

    @Test("they are handed on in order, in full pieces and a rest, and once", arguments: [0, 1, 63, 64, 65, 128, 130])
    func pieces(count: Int) {
        let sink = ItemSink()
        let context = StreamContext(Self.connection)
        for time in 0..<count {
            context.add(.http(HTTPExchange(request: nil, response: nil)), at: Int64(time), to: sink)
        }
        #expect(sink.count == count)
        let pieces = sink.takePieces()
        #expect(pieces.allSatisfy { !$0.isEmpty && $0.count <= ItemSink.pieceCount })
        #expect(pieces.dropLast().allSatisfy { $0.count == ItemSink.pieceCount })
        #expect(pieces.joined().map(\.index) == Array(0..<count))
        #expect(sink.count == 0 && sink.takePieces().isEmpty)
    }
}
