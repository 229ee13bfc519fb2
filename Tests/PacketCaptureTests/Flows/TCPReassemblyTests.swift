import PacketCapture
import Testing

@Suite("TCP reassembly")
struct TCPReassemblyTests {
    let talk = Conversation()

    @Test("a connection from SYN to FIN is told in order")
    func wholeConnection() {
        talk.client(.syn, 100)
        talk.server([.syn, .ack], 300, ack: 101)
        talk.client(.ack, 101, ack: 301)
        talk.client(.ack, 101, ack: 301, "GET")
        talk.server(.ack, 301, ack: 104, "200")
        talk.client([.fin, .ack], 104, ack: 304)
        talk.server([.fin, .ack], 304, ack: 105)
        talk.client(.ack, 105, ack: 305)
        #expect(
            talk.told == [
                "begin 10.0.0.1:1000 → 10.0.0.2:80", "> GET", "< 200", "> fin", "< fin", "end finished",
            ])
        #expect(talk.counters.violations == [] && talk.counters.flowsOpen == 0)
    }

    @Test("segments that change places are told in order")
    func outOfOrder() {
        talk.handshake()
        talk.client(.ack, 107, ack: 301, "ghi")
        talk.client(.ack, 104, ack: 301, "def")
        #expect(talk.told == [])
        talk.client(.ack, 101, ack: 301, "abc")
        #expect(talk.told == ["> abc", "> def", "> ghi"])
        #expect(talk.counters.held == 0 && talk.counters.delivered == 9 && talk.counters.violations == [])
    }

    @Test("a retransmission is told once, whole, in part, or around what is known")
    func retransmission() {
        talk.handshake()
        talk.client(.ack, 101, ack: 301, "abc")
        talk.client(.ack, 101, ack: 301, "abc")
        talk.client(.ack, 102, ack: 301, "bcde")
        talk.client(.ack, 101, ack: 301, "abcdef")
        #expect(talk.told == ["> abc", "> de", "> f"])
        #expect(talk.counters.duplicate == 3 + 2 + 5 && talk.counters.violations == [])
    }

    @Test("of bytes that come twice with other contents the first ones count")
    func overlap() {
        talk.handshake()
        talk.client(.ack, 104, ack: 301, "DEF")
        talk.client(.ack, 103, ack: 301, "xxxxG")  // before, over and after what is held
        #expect(talk.counters.overlapConflict == 3)
        talk.client(.ack, 101, ack: 301, "abyyyyyH")
        #expect(talk.told == ["> ab", "> x", "> DEF", "> G", "> H"])
        #expect(talk.counters.overlapConflict == 3 + 3 + 1 + 1 && talk.counters.violations == [])
        #expect(talk.counters.delivered == 8)
    }

    @Test("what came out of order behind the end is let go when the end is known")
    func heldBehindEnd() {
        talk.handshake()
        talk.client(.ack, 106, ack: 301, "fgXY")
        talk.client(.ack, 120, ack: 301, "far")
        talk.client([.fin, .ack], 106, ack: 301, "fg")
        talk.client(.ack, 101, ack: 301, "abcde")
        talk.finish()
        #expect(talk.told == ["> abcde", "> fg", "> fin", "end sourceEnded"])
        #expect(talk.counters.afterEnd == 5 && talk.counters.held == 0 && talk.counters.violations == [])
    }

    @Test("a connection whose SYN was not seen is told from its first byte, both ways")
    func midStream() {
        talk.client(.ack, 5000, ack: 9000, "abc")
        talk.server(.ack, 9003, ack: 5003, "xyz")
        talk.server(.ack, 9000, ack: 5003, "uvw")
        #expect(
            talk.told == ["begin 10.0.0.1:1000 → 10.0.0.2:80 mid-stream", "> abc", "< uvw", "< xyz"])
    }

    @Test("the server is recognised by its SYN-ACK, or by its lower port")
    func roles() {
        talk.server([.syn, .ack], 300, ack: 101)
        talk.client(.ack, 101, ack: 301, "abc")
        #expect(talk.told == ["begin 10.0.0.1:1000 → 10.0.0.2:80", "> abc"])
        talk.server(.ack, 700, ack: 500, "xyz", port: 2000)
        #expect(talk.told == ["begin 10.0.0.1:2000 → 10.0.0.2:80 mid-stream", "< xyz"])
    }

    @Test("sequence numbers wrap around in the middle of a stream, also out of order")
    func wrapAround() {
        talk.client(.syn, .max - 2)
        talk.server([.syn, .ack], .max, ack: .max - 1)
        talk.client(.ack, .max - 1, ack: 0, "abcd")
        talk.client(.ack, 5, ack: 0, "hi")
        talk.client(.ack, 2, ack: 0, "efg")
        talk.server(.ack, 0, ack: 7, "ok")
        #expect(Array(talk.told.dropFirst()) == ["> abcd", "> efg", "> hi", "< ok"])
        #expect(talk.counters.gaps.total == 0)
    }

    @Test("bytes that the peer acknowledges with its answer are a gap, told before the answer")
    func gapBeforeAnswer() {
        talk.handshake()
        talk.client(.ack, 101, ack: 301, "ask")
        talk.client(.ack, 109, ack: 301, "more")  // 104..<109 was not captured
        talk.server(.ack, 301, ack: 113, "answer")
        #expect(talk.told == ["> ask", "> gap 5 peerAcknowledged", "> more", "< answer"])
        #expect(talk.counters.inferredLossBytes == 5)
    }

    @Test("bytes that only an ACK acknowledges are waited for during three packets more")
    func gapAfterACK() {
        talk.handshake()
        talk.client(.ack, 104, ack: 301, "def")
        talk.server(.ack, 301, ack: 107)
        talk.client(.ack, 101, ack: 301, "abc")  // captured late, but captured
        #expect(talk.told == ["> abc", "> def"])
        talk.client(.ack, 110, ack: 301, "jkl")
        for _ in 0..<4 { talk.server(.ack, 301, ack: 113) }
        #expect(talk.told == ["> gap 3 peerAcknowledged", "> jkl"])
        talk.client(.ack, 107, ack: 301, "ghi")  // too late
        #expect(talk.told == [])
        #expect(talk.counters.afterGap == 3 && talk.counters.violations == [])
    }

    @Test("what was acknowledged up to a later hole is told up to there")
    func severalHoles() {
        talk.handshake()
        talk.client(.ack, 102, ack: 301, "b")
        talk.client(.ack, 105, ack: 301, "e")
        talk.client(.ack, 109, ack: 301, "i")
        talk.server(.ack, 301, ack: 108, "x")  // 106..<108 is gone, 108 may come
        #expect(
            talk.told == [
                "> gap 1 peerAcknowledged", "> b", "> gap 2 peerAcknowledged", "> e", "> gap 2 peerAcknowledged",
                "< x",
            ])
        talk.client(.ack, 108, ack: 301, "h")
        #expect(talk.told == ["> h", "> i"])
    }

    @Test("a lost FIN is not taken for a lost byte")
    func lostFIN() {
        talk.handshake()
        talk.client(.ack, 101, ack: 301, "abc")
        for _ in 0..<6 { talk.server(.ack, 301, ack: 105) }
        #expect(talk.told == ["> abc"])
    }

    @Test("a hole that nobody acknowledges is a gap after three seconds, sooner if only one side is captured")
    func timeout() {
        talk.handshake()
        talk.client(.ack, 104, ack: 301, "def")
        talk.pass(.seconds(2))
        #expect(talk.told == [])
        talk.pass(.seconds(2))
        #expect(talk.told == ["> gap 3 timeout", "> def"])
        talk.client(.ack, 1, ack: 0, "a", port: 2000)
        talk.client(.ack, 5, ack: 0, "e", port: 2000)
        talk.pass(.milliseconds(300))
        #expect(Array(talk.told.dropFirst()) == ["> a", "> gap 3 oneSided", "> e"])
    }

    @Test("too much behind a hole makes it a gap")
    func limit() {
        var limits = FlowLimits()
        limits.heldBytesPerStream = 10_000
        let talk = Conversation(limits: limits)
        talk.handshake()
        for index in 0..<11 {
            talk.client(.ack, 201 + UInt32(index) * 1000, ack: 301, String(repeating: "x", count: 1000))
        }
        let told = talk.told
        #expect(told.first == "> gap 100 limit" && told.count == 12)
        #expect(talk.counters.held == 0 && talk.counters.violations == [])
    }

    @Test("without room for what is out of order it is counted, and the stream goes on")
    func noRoom() {
        var limits = FlowLimits()
        limits.heldBytes = 2 * 2016
        let talk = Conversation(limits: limits)
        talk.handshake()
        talk.client(.ack, 103, ack: 301, "c")
        talk.client(.ack, 105, ack: 301, "e")
        talk.client(.ack, 107, ack: 301, "g")
        #expect(talk.told == ["> gap 2 limit", "> c"])
        talk.client(.ack, 104, ack: 301, "d")
        #expect(talk.told == ["> d", "> e"])
        #expect(talk.counters.evictedOutOfOrder == 1 && talk.counters.violations == [])
    }

    @Test(
        "half of all sequence numbers ahead is nowhere: counted, and no reason to look for it for ever",
        .timeLimit(.minutes(1)), arguments: [-3, -2, -1, 0, 1, 2])
    func halfWayAround(_ offset: Int32) {
        talk.handshake()
        let far = UInt32(bitPattern: Int32.min &+ 101 &+ offset)
        talk.client(.ack, far, ack: 301, "far")
        talk.client(.ack, 101, ack: 301, "near")
        talk.server(.ack, 301, ack: 105, "answer")
        #expect(talk.told == ["> near", "< answer"])
        talk.finish()
        #expect(talk.counters.evictedOutOfOrder + talk.counters.duplicate == 3 && talk.counters.violations == [])
    }

    @Test("what lies a gigabyte ahead is told in the end: so much may have been lost")
    func gigabyteAhead() {
        talk.handshake()
        talk.client(.ack, 101 + 1_500_000_000, ack: 301, "far")
        talk.finish()
        #expect(talk.told == ["> gap 1500000000 ended", "> far", "end sourceEnded"])
        #expect(talk.counters.violations == [])
    }

    @Test("keep-alives, zero windows and their probes change nothing")
    func keepAlive() {
        talk.handshake()
        talk.client(.ack, 101, ack: 301, "abc")
        talk.client(.ack, 103, ack: 301, "c")  // keep-alive with a byte
        talk.client(.ack, 103, ack: 301)  // and without
        talk.server(.ack, 301, ack: 104)
        talk.take(
            Frame.tcp(80, 1000, sequence: 301, acknowledgement: 104, window: 0).ipv4("10.0.0.2", "10.0.0.1").ethernet())
        talk.client(.ack, 104, ack: 301, "d")  // probe, not taken
        talk.server(.ack, 301, ack: 104)
        talk.client(.ack, 104, ack: 301, "def")
        #expect(talk.told == ["> abc", "> d", "> ef"])
        #expect(talk.counters.gaps.total == 0 && talk.counters.violations == [])
    }

    @Test("a RST ends the connection if it is in its window, and is counted if not")
    func reset() {
        talk.handshake()
        talk.client(.ack, 101, ack: 301, "abc")
        talk.server(.rst, 900_000)
        #expect(talk.told == ["> abc"])
        #expect(talk.counters.invalidResets == 1)
        talk.server(.rst, 301)
        #expect(talk.told == ["end reset"])
        talk.client(.ack, 110, ack: 301, "late")
        #expect(talk.told == [])
        #expect(talk.counters.afterEnd == 4 && talk.counters.violations == [])
    }

    @Test("a connection whose other side goes on after its RST is told on, as somebody else sent that")
    func forgedReset() {
        talk.handshake()
        talk.client(.ack, 101, ack: 301, "abc")
        talk.server(.rst, 301)
        talk.client(.ack, 104, ack: 301, "crossed the RST on its way")
        #expect(talk.told == ["> abc", "end reset"])
        talk.server(.ack, 301, ack: 104, "xyz")
        #expect(talk.told == ["begin 10.0.0.1:1000 → 10.0.0.2:80 mid-stream", "< xyz"])
        #expect(talk.counters.violations == [])
    }

    @Test("a refusal of something that was never sent is ignored")
    func forgedRefusal() {
        talk.client(.syn, 100)
        talk.server([.rst, .ack], 0, ack: 100)
        talk.server([.syn, .ack], 300, ack: 101)
        talk.client(.ack, 101, ack: 301, "abc")
        #expect(talk.told == ["begin 10.0.0.1:1000 → 10.0.0.2:80", "> abc"])
        #expect(talk.counters.invalidResets == 1)
    }

    @Test("a refused connection is a reset one")
    func refused() {
        talk.client(.syn, 100)
        talk.server([.rst, .ack], 0, ack: 101)
        #expect(talk.told == ["begin 10.0.0.1:1000 → 10.0.0.2:80", "end reset"])
    }

    @Test("what is held when the connection ends is told, with what is missing")
    func heldAtEnd() {
        talk.handshake()
        talk.client(.ack, 104, ack: 301, "def")
        talk.client([.fin, .ack], 109, ack: 301)
        talk.finish()
        #expect(talk.told == ["> gap 3 ended", "> def", "> gap 2 ended", "> fin", "end sourceEnded"])
        #expect(talk.counters.violations == [])
    }

    @Test("a FIN waits for the bytes before it")
    func finAfterHole() {
        talk.handshake()
        talk.client([.fin, .ack], 104, ack: 301, "d")
        #expect(talk.told == [])
        talk.client(.ack, 101, ack: 301, "abc")
        #expect(talk.told == ["> abc", "> d", "> fin"])
        talk.client(.ack, 105, ack: 301, "beyond")
        #expect(talk.told == [])
        #expect(talk.counters.afterEnd == 6)
    }

    @Test("a port that is used again makes a new flow, at once after an end, else when the server agrees")
    func portReuse() {
        talk.handshake()
        talk.client(.ack, 101, ack: 301, "abc")
        talk.client(.syn, 5000)
        #expect(talk.told == ["> abc"])
        talk.client(.ack, 104, ack: 301, "def")  // the old one is alive after all
        #expect(talk.told == ["> def"])
        talk.client(.syn, 5000)
        talk.server([.syn, .ack], 7000, ack: 5001)
        talk.client(.ack, 5001, ack: 7001, "new")
        #expect(talk.told == ["end replaced", "begin 10.0.0.1:1000 → 10.0.0.2:80", "> new"])
        talk.server(.rst, 7001)
        talk.client(.syn, 9000)
        talk.server([.syn, .ack], 100, ack: 9001)
        talk.client(.ack, 9001, ack: 101, "again")
        #expect(talk.told == ["end reset", "begin 10.0.0.1:1000 → 10.0.0.2:80", "> again"])
    }

    @Test("a repeated SYN, or one that was captured after its answer, changes nothing")
    func repeatedSYN() {
        talk.client(.syn, 100)
        talk.client(.syn, 100)
        talk.server([.syn, .ack], 300, ack: 101)
        talk.client(.syn, 100)
        talk.client(.ack, 101, ack: 301, "abc")
        #expect(talk.told == ["begin 10.0.0.1:1000 → 10.0.0.2:80", "> abc"])
        talk.server([.syn, .ack], 300, ack: 101, port: 2000)
        talk.client(.syn, 100, port: 2000)
        talk.client(.ack, 101, ack: 301, "abc", port: 2000)
        #expect(talk.told == ["begin 10.0.0.1:2000 → 10.0.0.2:80", "> abc"])
    }

    @Test("data in a SYN is told")
    func fastOpen() {
        talk.client(.syn, 100, "GET")
        talk.server([.syn, .ack], 300, ack: 104)
        talk.client(.ack, 104, ack: 301, "more")
        #expect(talk.told == ["begin 10.0.0.1:1000 → 10.0.0.2:80", "> GET", "> more"])
    }

    @Test("what the snap length cut is a gap at its place")
    func snapLength() {
        talk.handshake()
        talk.client(.ack, 101, ack: 301, "abcdef", captured: 56)
        talk.client(.ack, 107, ack: 301, "ghi")
        #expect(talk.told == ["> ab", "> gap 4 snapLength", "> ghi"])
        #expect(talk.counters.violations == [])
    }
}
