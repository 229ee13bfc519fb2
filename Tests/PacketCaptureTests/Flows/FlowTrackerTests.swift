import PacketCapture
import Testing

@Suite("Flows")
struct FlowTrackerTests {
    @Test("datagrams are told whole, with their direction, and end in silence")
    func datagrams() {
        let talk = Conversation()
        talk.take(Frame.udp(5000, 53, payload: Array("q".utf8)).ipv4(protocol: 17).ethernet())
        talk.take(Frame.udp(53, 5000, payload: Array("r".utf8)).ipv4("10.0.0.2", "10.0.0.1", protocol: 17).ethernet())
        talk.take(Frame.udp(5000, 53).ipv4(protocol: 17).ethernet())
        talk.pass(.seconds(31))
        #expect(talk.told == ["begin 10.0.0.1:5000 → 10.0.0.2:53", "> q", "< r", "> ", "end timeout"])
        talk.take(Frame.udp(53, 6000, payload: Array("r".utf8)).ipv4("10.0.0.2", "10.0.0.1", protocol: 17).ethernet())
        #expect(talk.told == ["begin 10.0.0.1:6000 → 10.0.0.2:53", "< r"])
        talk.take(
            Frame.udp(5000, 99, payload: Array("long".utf8)).ipv4(protocol: 17).ethernet(), captured: 44)
        #expect(talk.told == ["begin 10.0.0.1:5000 → 10.0.0.2:99", "> lo", "> gap 2 snapLength"])
        #expect(talk.counters.violations == [])
    }

    @Test("an echo and its reply are one flow")
    func ping() {
        let talk = Conversation()
        talk.take(Frame.icmpEcho(type: 8, identifier: 9).ipv4(protocol: 1).ethernet())
        talk.take(Frame.icmpEcho(type: 0, identifier: 9).ipv4("10.0.0.2", "10.0.0.1", protocol: 1).ethernet())
        talk.take(Frame.icmpEcho(type: 8, identifier: 10).ipv4(protocol: 1).ethernet())
        #expect(talk.counters.flowsBegun == 2 && talk.counters.kinds[.icmp] == 3)
    }

    @Test("equal addresses in different VLANs, tunnels and on different interfaces are different flows")
    func networks() {
        let talk = Conversation()
        let packet = Frame.tcp(1000, 80, flags: .ack, payload: [65]).ipv4()
        for frame in [
            packet.ethernet(), packet.ethernet(vlans: [1]), packet.ethernet(vlans: [2]),
            packet.ethernet(vlans: [1, 2]),
        ] {
            talk.take(frame)
            talk.take(frame, interface: 1)
        }
        for network: UInt8 in [1, 2] {
            let inside: [UInt8] = [8, 0, 0, 0, 0, 0, network, 0] + packet.ethernet().bytes
            talk.take(Frame.udp(1, 4789, payload: inside).ipv4(protocol: 17).ethernet())
        }
        #expect(talk.counters.flowsBegun == 10 && talk.counters.delivered == 10)
        var limits = FlowLimits()
        limits.separatesInterfaces = false
        let merged = Conversation(limits: limits)
        merged.take(packet.ethernet(), interface: 1)
        merged.take(packet.ethernet(), interface: 2)
        #expect(merged.counters.flowsBegun == 1 && merged.counters.duplicate == 1)
    }

    @Test("when the table is full the flow that was idle for longest goes, unfinished handshakes first")
    func eviction() {
        var limits = FlowLimits()
        limits.flows = 4
        let talk = Conversation(limits: limits)
        for port: UInt16 in 1001...1003 {
            talk.client(.syn, 1, port: port)
            talk.server([.syn, .ack], 1, ack: 2, port: port)
        }
        talk.client(.syn, 1, port: 1004)
        talk.client(.syn, 1, port: 1005)
        talk.client(.syn, 1, port: 1006)
        talk.server([.syn, .ack], 1, ack: 2, port: 1006)
        _ = talk.told
        talk.client(.ack, 2, ack: 2, "a", port: 1001)
        talk.client(.syn, 1, port: 1007)
        talk.client(.ack, 3, ack: 2, "b", port: 1001)
        #expect(
            talk.told == ["> a", "end evicted", "begin 10.0.0.1:1007 → 10.0.0.2:80", "> b"])
        #expect(talk.counters.flowsEnded[.evicted] == 3 && talk.counters.flowsOpen == 4)
        #expect(talk.counters.violations == [])
    }

    @Test("a hundred thousand short connections through a table of a thousand: each is told its end once")
    func manyFlows() {
        var limits = FlowLimits()
        limits.flows = 1000
        let talk = Conversation(limits: limits)
        for index in 0..<100_000 {
            talk.client(.syn, 1, port: UInt16(truncatingIfNeeded: index))
            if index % 3 == 0 { talk.server([.rst, .ack], 0, ack: 2, port: UInt16(truncatingIfNeeded: index)) }
        }
        let open = talk.counters.flowsOpen
        talk.finish()
        #expect(open <= 1000 && talk.counters.flowsOpen == 0)
        #expect(talk.counters.violations == [])
        #expect(talk.counters.flowsEnded.total == talk.counters.flowsBegun)
    }

    @Test("silence ends handshakes after a minute and connections after an hour")
    func silence() {
        let talk = Conversation()
        talk.client(.syn, 1)
        talk.client(.ack, 1, "a", port: 2000)
        _ = talk.told
        talk.pass(.seconds(61))
        #expect(talk.told == ["end timeout"])
        talk.pass(.seconds(3600))
        #expect(talk.told == ["end timeout"])
    }

    @Test("a connection that begins where one ended long ago is another one, even with the same sequence numbers")
    func samePortsLater() {
        let talk = Conversation()
        talk.client(.syn, 1)
        talk.server([.rst, .ack], 0, ack: 2)
        // Nothing else was captured meanwhile, so that nobody looked for what is over.
        talk.now += 11_000_000_000
        _ = talk.told
        talk.client(.syn, 1)
        talk.server([.syn, .ack], 7, ack: 2)
        talk.client(.ack, 2, ack: 8, "a")
        #expect(talk.told == ["begin 10.0.0.1:1000 → 10.0.0.2:80", "> a"])
        #expect(talk.counters.flowsBegun == 2 && talk.counters.violations == [])
    }

    @Test("a packet from the far future ends nothing but what it meets")
    func absurdTimes() {
        let talk = Conversation()
        talk.handshake()
        talk.now += 1_000_000_000_000_000_000
        talk.client(.ack, 101, ack: 301, "abc")
        talk.now -= 1_000_000_000_000_000_000
        talk.client(.ack, 104, ack: 301, "def")
        #expect(talk.told == ["> abc", "> def"])
    }
}

@Suite("IP fragments")
struct FragmentTests {
    let payload = Array("0123456789abcdefghijklmnopqrstuv".utf8)
    var datagram: [UInt8] { Frame.udp(5000, 53, payload: payload).bytes }
    var expected: [String] {
        ["begin 10.0.0.1:5000 → 10.0.0.2:53", "> " + String(decoding: payload, as: UTF8.self)]
    }

    func fragment(_ range: Range<Int>, more: Bool, identification: UInt16 = 7) -> Frame {
        Frame(bytes: Array(datagram[range])).ipv4(
            protocol: 17, identification: identification, fragment: UInt16(range.lowerBound / 8) | (more ? 0x2000 : 0)
        ).ethernet()
    }

    @Test("a datagram in pieces is told once it is whole, in any order, with repetitions")
    func anyOrder() {
        let pieces = [fragment(0..<16, more: true), fragment(16..<32, more: true), fragment(32..<40, more: false)]
        for order in [[0, 1, 2], [2, 1, 0], [1, 0, 0, 1, 2], [2, 0, 1]] {
            let talk = Conversation()
            for index in order { talk.take(pieces[index]) }
            #expect(talk.told == expected)
            #expect(talk.counters.datagramsReassembled == 1 && talk.counters.violations == [])
        }
    }

    @Test("datagrams with other numbers do not mix, and of overlapping pieces the first one counts")
    func overlaps() {
        let talk = Conversation()
        talk.take(fragment(0..<16, more: true, identification: 1))
        talk.take(fragment(16..<40, more: false, identification: 2))
        #expect(talk.told == [])
        talk.take(
            Frame(bytes: Array(repeating: 0, count: 32)).ipv4(protocol: 17, identification: 1, fragment: 0x2000)
                .ethernet())
        talk.take(fragment(32..<40, more: false, identification: 1))
        let told = talk.told
        #expect(told.last?.hasPrefix("> 01234567\0\0") == true)
    }

    @Test("memory for pieces is bounded: the oldest datagram goes, and what contradicts itself is refused")
    func bounds() {
        var limits = FlowLimits()
        limits.fragmentedDatagrams = 2
        let talk = Conversation(limits: limits)
        for number: UInt16 in 1...3 { talk.take(fragment(0..<16, more: true, identification: number)) }
        #expect(talk.counters.datagramsEvicted == 1)
        talk.take(fragment(16..<40, more: false, identification: 1))
        #expect(talk.told == [])
        talk.take(fragment(0..<15, more: true, identification: 9))
        #expect(talk.counters.fragmentsRefused == 1)
        talk.now += 40_000_000_000
        talk.take(fragment(0..<16, more: true, identification: 20))
        #expect(talk.counters.datagramsTimedOut == 2)
        #expect(talk.counters.violations == [])
    }
}
