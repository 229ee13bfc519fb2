import HTTPServer
import Testing

@testable import Fleet

/// Pod events that are kept for workers that come back.
@Suite("Events that a worker missed")
struct EventRingTests {
    private func piece(_ text: String) -> HTTPBodyPiece { HTTPBodyPiece(Array(text.utf8)) }
    private func place(_ name: String, node: String = "n1") -> PodPlace {
        PodPlace(namespace: "shop", name: name, node: node)
    }
    /// What was missed, and at the end whether that is not all.
    private func texts(_ missed: (pieces: [HTTPBodyPiece], isAll: Bool)) -> [String] {
        missed.pieces.map { String(decoding: $0.bytes, as: UTF8.self) } + (missed.isAll ? [] : ["and more"])
    }

    private func ring(limit: Int = 1_000) -> EventRing {
        var ring = EventRing(byteLimit: limit)
        ring.begin(at: Samples.position(10))
        for version in UInt64(11)...14 {
            ring.append(
                PodMark(stream: .pods, version: version), place("p\(version)", node: version == 13 ? "n2" : "n1"),
                piece("\(version)"))
        }
        return ring
    }

    @Test("a worker gets what it has not heard of its node, and no more")
    func missed() {
        #expect(texts(ring().missed(since: Samples.position(11), .node("n1"))) == ["12", "14"])
        #expect(texts(ring().missed(since: Samples.position(14), .node("n1"))) == [])
        #expect(texts(ring().missed(since: Samples.position(10), .all)) == ["11", "12", "13", "14"])
        #expect(texts(ring().missed(since: Samples.position(10), .pod(namespace: "shop", name: "p12"))) == ["12"])
    }

    @Test(
        "whoever has heard less than the ring goes back has to be told of all pods after what there is, and whoever has heard nothing of them alone"
    )
    func tooLate() {
        #expect(texts(ring().missed(since: Samples.position(9), .all)) == ["11", "12", "13", "14", "and more"])
        #expect(texts(ring().missed(since: PodPosition(), .all)) == ["and more"])
        #expect(texts(EventRing().missed(since: Samples.position(9), .all)) == ["and more"])
        // Room for two: 11 and 12 are gone.
        #expect(texts(ring(limit: 4).missed(since: Samples.position(11), .all)) == ["13", "14", "and more"])
        #expect(texts(ring(limit: 4).missed(since: Samples.position(12), .all)) == ["13", "14"])
    }

    @Test("two events of one version are told apart, and watches count each for itself")
    func ordinals() {
        var ring = EventRing()
        ring.begin(at: Samples.position(10))
        ring.append(PodMark(stream: .pods, version: 11, ordinal: 0), place("p"), piece("a"))
        ring.append(PodMark(stream: .pods, version: 11, ordinal: 1), place("p"), piece("b"))
        ring.append(PodMark(stream: .nodes, version: 5), place("p"), piece("c"))
        #expect(texts(ring.missed(since: Samples.position(11), .all)) == ["b", "c"])
    }
}
