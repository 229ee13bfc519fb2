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
}
