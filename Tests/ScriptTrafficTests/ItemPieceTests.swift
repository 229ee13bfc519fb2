import Dissection
import ScriptRuntime
import Testing

@Suite("Items on their way to scripts")
struct ItemPieceTests {
    @Test("what the dissector hands on fits a batch of the engine")
    func size() { #expect(ItemSink.pieceCount <= ItemBatch.capacity) }
}
