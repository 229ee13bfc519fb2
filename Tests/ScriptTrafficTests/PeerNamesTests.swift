import Dissection
import JSON
import PacketCapture
import ScriptTraffic
import Testing

@Suite("Names of addresses")
struct PeerNamesTests {
    private let second: Int64 = 1_000_000_000

    private func name(_ names: PeerNames, _ address: String, _ time: Int64) -> String? {
        names.peer(address: address, port: 80, at: time * second)?.name
    }

    @Test("an address that another pod gets is each one's in its time")
    func reuse() {
        let names = PeerNames()
        names.note(pod: Pods.pod("a", "x", ip: "10.0.0.1"), isDeleted: false, at: 10 * second)
        names.note(pod: Pods.pod("a", "x", ip: "10.0.0.1"), isDeleted: true, at: 20 * second)
        names.note(pod: Pods.pod("b", "x", ip: "10.0.0.1"), isDeleted: false, at: 21 * second)
        #expect([9, 10, 19, 20, 21, 99].map { name(names, "10.0.0.1", $0) } == [nil, "a", "a", nil, "b", "b"])
        #expect(name(names, "10.0.0.2", 15) == nil)
    }

    @Test("a pod whose end was missed gives way to who has its address now")
    func missedEnd() {
        let names = PeerNames()
        names.note(pod: Pods.pod("a", "x", ip: "10.0.0.1"), isDeleted: false, at: 10 * second)
        names.note(pod: Pods.pod("b", "x", ip: "10.0.0.1"), isDeleted: false, at: 30 * second)
        names.note(pod: Pods.pod("a", "x", ip: "10.0.0.1"), isDeleted: true, at: 40 * second)
        #expect([29, 30, 50].map { name(names, "10.0.0.1", $0) } == ["a", "b", "b"])
    }

    @Test("pods in their node's network have no address of their own")
    func hostNetwork() {
        let names = PeerNames()
        names.note(pod: Pods.pod("a", "x", ip: "10.0.0.9", hostNetwork: true), isDeleted: false, at: second)
        #expect(name(names, "10.0.0.9", 5) == nil)
    }

    @Test("the history has all names from each change on")
    func history() throws {
        let names = PeerNames()
        names.note(pod: Pods.pod("a", "x", ip: "10.0.0.1"), isDeleted: false, at: 10 * second)
        names.note(pod: Pods.pod("b", "y", ip: "10.0.0.2"), isDeleted: false, at: 12 * second)
        names.note(pod: Pods.pod("a", "x", ip: "10.0.0.1"), isDeleted: true, at: 15 * second)
        let a: JSONValue = ["FullAddress": "a.x", "Namespace": "x"]
        let b: JSONValue = ["FullAddress": "b.y", "Namespace": "y"]
        #expect(
            names.history() == [
                "10": ["10.0.0.1": a], "12": ["10.0.0.1": a, "10.0.0.2": b], "15": ["10.0.0.2": b],
            ])
    }

    @Test("pods are found by name and namespace, in the time that counts")
    func addresses() {
        let names = PeerNames()
        names.note(pod: Pods.pod("a", "x", ip: "10.0.0.1"), isDeleted: false, at: 10 * second)
        names.note(pod: Pods.pod("a", "y", ip: "10.0.0.2"), isDeleted: false, at: 10 * second)
        names.note(pod: Pods.pod("a", "y", ip: "10.0.0.2"), isDeleted: true, at: 20 * second)
        func texts(_ name: String?, _ namespace: String?, _ window: ClosedRange<Int64>) -> [String] {
            names.addresses(name: name, namespace: namespace, in: window).map(\.description).sorted()
        }
        #expect(texts("a", nil, 0...Int64.max) == ["10.0.0.1", "10.0.0.2"])
        #expect(texts("a", "y", 0...Int64.max) == ["10.0.0.2"])
        #expect(texts("a", "y", 30 * second...Int64.max) == [])
        #expect(texts(nil, "x", 0...Int64.max) == ["10.0.0.1"])
    }

    @Test("memory is bounded: what has ended goes first")
    func bounded() {
        let names = PeerNames(limit: 100)
        for number in 0..<1000 {
            let pod = Pods.pod("p\(number)", "x", ip: "10.1.\(number / 250).\(number % 250)")
            names.note(pod: pod, isDeleted: false, at: Int64(number) * second)
            if number != 999 { names.note(pod: pod, isDeleted: true, at: Int64(number) * second + 1) }
        }
        #expect(names.latest.count <= 101)
        #expect(name(names, "10.1.3.249", 2000) == "p999")
    }

    // MARK: The list of everybody

    private func record(
        _ address: String, _ name: String, _ kind: PeerRecord.Kind = .pod, since: Int64, service: String = "",
        slice: String = ""
    ) -> PeerRecord {
        PeerRecord(
            address: address, kind: kind, namespace: kind == .node ? "" : "x", name: name, since: since * second,
            node: kind == .pod ? "n2" : "", host: kind == .pod ? "192.0.2.2" : "", service: service, slice: slice)
    }

    private func list(_ names: PeerNames, _ records: [PeerRecord], at time: Int64) {
        names.beginList()
        names.note(records, at: time * second)
        names.completeList(at: time * second)
    }

    @Test("pods, services and nodes of a list are peers with what it says of them, in their time")
    func listed() {
        let names = PeerNames()
        names.note(
            [
                record("10.0.0.1", "a", since: 5, service: "web", slice: "web-x"),
                record("10.96.0.1", "web", .service, since: 6), record("192.0.2.2", "n2", .node, since: 7),
                record("198.51.100.1", "db", .service, since: 8, slice: "db-x"),
                record("no address", "b", since: 5),
            ], at: 10 * second)
        let service: JSONValue = ["metadata": ["name": "web", "namespace": "x"]]
        func peer(_ address: String) -> ResolvedPeer? { names.peer(address: address, port: 1, at: 9 * second) }
        #expect(
            peer("10.0.0.1")
                == ResolvedPeer(
                    name: "a", namespace: "x",
                    pod: [
                        "metadata": ["name": "a", "namespace": "x"], "spec": ["nodeName": "n2"],
                        "status": ["hostIP": "192.0.2.2"],
                    ], service: service, endpointSlice: ["metadata": ["name": "web-x", "namespace": "x"]]))
        #expect(peer("10.96.0.1") == ResolvedPeer(name: "web", namespace: "x", service: service))
        #expect(peer("192.0.2.2") == ResolvedPeer(name: "n2", namespace: ""))
        #expect(
            peer("198.51.100.1")
                == ResolvedPeer(
                    name: "db", namespace: "x", service: ["metadata": ["name": "db", "namespace": "x"]],
                    endpointSlice: ["metadata": ["name": "db-x", "namespace": "x"]]))
        #expect(name(names, "10.0.0.1", 4) == nil)
        #expect(names.counts.current == [.pod: 1, .service: 2, .node: 1])
        #expect(names.latest.values.sorted() == ["a.x", "db.x", "n2", "web.x"])
        #expect(names.history()["7"]?["192.0.2.2"] == ["FullAddress": "n2", "Namespace": ""])
        // Pods alone are what snapshots of a pod or a namespace mean.
        #expect(names.addresses(name: nil, namespace: "x", in: 0...Int64.max).map(\.description) == ["10.0.0.1"])
    }

    @Test("of many names the first are those of told pods, then of those whom somebody has asked for")
    func someNames() {
        let names = PeerNames()
        list(names, (0..<50).map { record("10.0.0.\($0)", "p\($0)", since: 1) }, at: 2)
        names.note(pod: Pods.pod("mine", "x", ip: "10.1.0.1"), isDeleted: false, at: 3 * second)
        _ = names.peer(address: "10.0.0.7", port: 1, at: 4 * second)
        #expect(Array(names.latest(1).values) == ["mine.x"])
        #expect(names.latest(2).values.sorted() == ["mine.x", "p7.x"])
        #expect(names.latest(3).count == 3 && names.latest(100) == names.latest)
    }

    @Test("of what was listed, what is not in the next list ends, and each address is each one's in its time")
    func lists() {
        let names = PeerNames()
        list(names, [record("10.0.0.1", "a", since: 5), record("10.0.0.2", "b", since: 5)], at: 10)
        names.end("10.0.0.2", at: 20 * second)
        names.note([record("10.0.0.2", "c", since: 22)], at: 23 * second)
        list(names, [record("10.0.0.2", "c", since: 22), record("10.0.0.3", "d", since: 30)], at: 40)
        #expect([6, 39, 40, 50].map { name(names, "10.0.0.1", $0) } == ["a", "a", nil, nil])
        #expect([6, 19, 21, 22, 50].map { name(names, "10.0.0.2", $0) } == ["b", "b", nil, "c", "c"])
        #expect(names.counts == .init(current: [.pod: 2], ended: 2))
        // One that breaks off ends nothing.
        names.beginList()
        names.note([record("10.0.0.3", "d", since: 30)], at: 50 * second)
        #expect(name(names, "10.0.0.2", 60) == "c")
        list(names, [], at: 70)
        #expect(name(names, "10.0.0.2", 71) == nil && name(names, "10.0.0.2", 69) == "c")
    }

    @Test("a pod of which events tell keeps its object and its time; the list adds its service, and ends nothing of it")
    func toldAndListed() {
        let names = PeerNames()
        func peer(_ time: Int64) -> ResolvedPeer? { names.peer(address: "10.0.0.1", port: 1, at: time * second) }
        let pod = Pods.pod("a", "x", ip: "10.0.0.1")
        for listedFirst in [true, false] {
            if listedFirst { names.note([record("10.0.0.1", "a", since: 8, service: "s")], at: 9 * second) }
            names.note(pod: pod, isDeleted: false, at: 10 * second)
            #expect(peer(20)?.pod == pod)
            #expect((peer(20)?.service == .null) == !listedFirst)
            names.note([record("10.0.0.1", "a", since: 8, service: "web", slice: "web-x")], at: 11 * second)
            #expect(peer(20)?.pod == pod && peer(20)?.service["metadata"]?["name"] == "web")
            #expect(names.counts.current[.pod] == 1)
            names.note(pod: pod, isDeleted: false, at: 12 * second)
            #expect(peer(20)?.endpointSlice["metadata"]?["name"] == "web-x")
            names.end("10.0.0.1", at: 13 * second)
            list(names, [], at: 14)
            #expect(peer(20)?.pod == pod)
            names.note(pod: pod, isDeleted: true, at: 30 * second)
            #expect(peer(29)?.pod == pod && peer(30) == nil && names.counts.current == [:])
        }
    }

    @Test("a list that is older than what a pod's events told does not take its address; a later owner does")
    func olderList() {
        let names = PeerNames()
        names.note(pod: Pods.pod("new", "x", ip: "10.0.0.1"), isDeleted: false, at: 50 * second)
        names.note([record("10.0.0.1", "old", since: 10)], at: 51 * second)
        #expect([49, 50, 60].map { name(names, "10.0.0.1", $0) } == [nil, "new", "new"])
        names.note([record("10.0.0.1", "next", since: 70)], at: 71 * second)
        names.note(pod: Pods.pod("new", "x", ip: "10.0.0.1"), isDeleted: true, at: 72 * second)
        #expect([69, 70, 99].map { name(names, "10.0.0.1", $0) } == ["new", "next", "next"])
    }

    @Test("a service that gets an address that another one had has it only since then, though its object is older")
    func serviceTakesOver() {
        let names = PeerNames()
        names.note([record("203.0.113.1", "old", .service, since: 1)], at: 2 * second)
        names.end("203.0.113.1", at: 20 * second)
        names.note([record("203.0.113.1", "new", .service, since: 5)], at: 30 * second)
        #expect([4, 19, 20, 40].map { name(names, "203.0.113.1", $0) } == ["old", "old", "new", "new"])
    }

    @Test("targets go by pods of which events tell, and hear nothing of the rest of the cluster")
    func targets() {
        let names = PeerNames()
        let version = names.version
        names.note([record("10.0.0.1", "a", since: 5)], at: 10 * second)
        #expect(names.version == version)
        #expect(names.tenure(of: "10.0.0.1", at: 7 * second) == (nil, 5 * second..<Int64.max))
        names.note(pod: Pods.pod("a", "x", ip: "10.0.0.1"), isDeleted: false, at: 10 * second)
        #expect(names.version > version)
        #expect(names.tenure(of: "10.0.0.1", at: 7 * second).peer?.name == "a")
        let told = names.version
        names.note([record("10.0.0.1", "b", since: 30)], at: 31 * second)
        #expect(names.version > told && names.tenure(of: "10.0.0.1", at: 31 * second).peer == nil)
    }

    @Test(
        "beyond the limit what is listed is refused and counted, what pods' events tell is not; what has ended gives way"
    )
    func listLimit() {
        let names = PeerNames(limit: 10)
        list(names, (0..<12).map { record("10.0.0.\($0)", "p\($0)", since: 1) }, at: 2)
        #expect(names.counts == .init(current: [.pod: 10], refused: 2))
        names.note(pod: Pods.pod("mine", "x", ip: "10.1.0.1"), isDeleted: false, at: 3 * second)
        #expect(name(names, "10.1.0.1", 4) == "mine")
        for number in 0..<3 { names.end("10.0.0.\(number)", at: 5 * second) }
        names.note([record("10.0.0.11", "p11", since: 6)], at: 7 * second)
        #expect(name(names, "10.0.0.11", 8) == "p11")
        #expect(names.counts == .init(current: [.pod: 9], refused: 2))
    }
}
