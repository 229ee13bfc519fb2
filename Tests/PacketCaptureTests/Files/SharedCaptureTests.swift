import PacketCapture
import Testing

@Suite("Captures of other projects", .enabled(if: SharedCaptures.areThere, "the captures are not at ../shared/pcaps"))
struct SharedCaptureTests {
    @Test("every capture has as many packets as tshark says")
    func packetCounts() throws {
        var checked = 0
        for (name, numbers) in try SharedCaptures.truth() where SharedCaptures.exists(name) && !name.hasSuffix(".gz") {
            let result = ReadPacket.all(of: SharedCaptures.path(name))
            #expect(
                result.packets.count == numbers["frames"]?.integer.map(Int.init),
                "\(name): \(String(describing: result.error))")
            checked += 1
        }
        #expect(checked > 150)
    }
}
