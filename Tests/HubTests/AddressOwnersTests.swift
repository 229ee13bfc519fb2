import Fleet
import JSON
import KubernetesClient
import Testing
import Timestamps

@testable import Hub

/// Whose addresses are.
@Suite("Owners of addresses")
struct AddressOwnersTests {
    /// What workers know, from what they are told.
    private struct Book {
        var owners = AddressOwners()
        var names: [String: FleetName] = [:]
        /// Addresses that were told of, in each turn.
        var told: [[String]] = []

        /// By address, `kind namespace/name`, with the service and the slice of pods.
        var short: [String: String] {
            mutating get {
                let news = owners.takeNews()
                told.append(news.map(\.address).sorted())
                for item in news { names[item.address] = item.name }
                return names.mapValues { name in
                    "\(name.kind) \(name.namespace)/\(name.name)"
                        + (name.service.isEmpty ? "" : " of \(name.service)")
                        + (name.slice.isEmpty ? "" : " in \(name.slice)")
                }
            }
        }
    }

    private static func read<Object: WatchedObject>(_ value: JSONValue) throws -> Object {
        try value.encoded().withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            return try Object(from: &reader, interner: StringInterner())
        }
    }

    /// 2026-01-31T10:00:00Z and so many seconds, in milliseconds since 1970.
    private static func time(_ seconds: Int64) -> Int64 { 1_769_853_600_000 + seconds * 1_000 }
    private static func text(_ seconds: Int64) -> JSONValue {
        .string(Timestamp(microseconds: time(seconds) * 1_000).description)
    }

    private func pod(
        _ name: String, _ addresses: [String], began: Int64 = 0, uid: String? = nil, hostNetwork: Bool = false,
        phase: String = "Running", namespace: String = "shop"
    ) throws -> Pod {
        try Self.read([
            "metadata": [
                "name": .string(name), "namespace": .string(namespace), "uid": .string(uid ?? "uid-\(name)"),
            ],
            "spec": ["nodeName": "node-1", "hostNetwork": .boolean(hostNetwork)],
            "status": [
                "phase": .string(phase), "hostIP": "192.0.2.1", "startTime": Self.text(began),
                "podIP": addresses.first.map(JSONValue.string) ?? .null,
                "podIPs": .array(addresses.map { ["ip": .string($0)] }),
            ],
        ])
    }

    private func service(
        _ name: String, _ addresses: [String], balancer: String? = nil, uid: String? = nil
    ) throws -> Service {
        try Self.read([
            "metadata": [
                "name": .string(name), "namespace": "shop", "uid": .string(uid ?? "uid-\(name)"),
                "creationTimestamp": Self.text(0),
            ],
            "spec": [
                "clusterIP": addresses.first.map(JSONValue.string) ?? "None",
                "clusterIPs": .array(addresses.map(JSONValue.string)),
            ],
            "status": ["loadBalancer": ["ingress": .array(balancer.map { [["ip": .string($0)]] } ?? [])]],
        ])
    }

    private func node(_ name: String, _ addresses: [String]) throws -> Node {
        try Self.read([
            "metadata": ["name": .string(name), "uid": .string("uid-\(name)"), "creationTimestamp": Self.text(0)],
            "status": [
                "addresses": .array(
                    [["type": "Hostname", "address": .string(name)]]
                        + addresses.map { ["type": "InternalIP", "address": .string($0)] })
            ],
        ])
    }

    private func slice(
        _ name: String, of service: String, _ pods: [String], others: [String] = [], uid: String? = nil
    ) throws -> EndpointSlice {
        let endpoints: [JSONValue] =
            pods.map { ["addresses": [.string($0)], "targetRef": ["kind": "Pod", "name": "p"]] }
            + others.map { ["addresses": [.string($0)]] }
        return try Self.read([
            "metadata": [
                "name": .string(name), "namespace": "shop", "uid": .string(uid ?? "uid-\(name)"),
                "labels": ["kubernetes.io/service-name": .string(service)],
            ],
            "addressType": "IPv4", "endpoints": .array(endpoints),
        ])
    }

    @Test("an address is a pod's from its beginning until it is gone or over, and then the next one's")
    func reuse() throws {
        var book = Book()
        book.owners.take(try pod("a", ["10.0.0.1"], began: 5), isGone: false, at: Self.time(10))
        #expect(book.short == ["10.0.0.1": "pod shop/a"])
        #expect(book.names["10.0.0.1"]?.since == Self.time(5))
        #expect(book.names["10.0.0.1"]?.node == "node-1" && book.names["10.0.0.1"]?.host == "192.0.2.1")
        book.owners.take(try pod("a", ["10.0.0.1"], began: 5, phase: "Failed"), isGone: false, at: Self.time(20))
        #expect(book.short == [:])
        book.owners.take(try pod("b", ["10.0.0.1"], began: 21), isGone: false, at: Self.time(22))
        // The end of who had it before changes nothing.
        book.owners.take(try pod("a", ["10.0.0.1"], began: 5), isGone: true, at: Self.time(23))
        #expect(book.short == ["10.0.0.1": "pod shop/b"])
        book.owners.take(try pod("b", ["10.0.0.1"], began: 21), isGone: true, at: Self.time(30))
        #expect(book.short == [:])
    }

    @Test("of pods that show one address the one counts that began later, in whatever order they come")
    func twoClaims() throws {
        for order in [["old", "new"], ["new", "old"]] {
            var book = Book()
            for name in order {
                book.owners.take(
                    try pod(name, ["10.0.0.1"], began: name == "old" ? 0 : 50), isGone: false, at: Self.time(60))
            }
            #expect(book.short == ["10.0.0.1": "pod shop/new"])
            book.owners.take(try pod("old", ["10.0.0.1"]), isGone: true, at: Self.time(70))
            #expect(book.short == ["10.0.0.1": "pod shop/new"])
        }
    }

    @Test("a pod of another uid under the name of one before is somebody else")
    func sameName() throws {
        var book = Book()
        book.owners.take(try pod("db-0", ["10.0.0.1"], began: 0, uid: "1"), isGone: false, at: Self.time(1))
        #expect(book.short == ["10.0.0.1": "pod shop/db-0"])
        book.owners.take(try pod("db-0", ["10.0.0.2"], began: 50, uid: "2"), isGone: false, at: Self.time(60))
        // Told late.
        book.owners.take(try pod("db-0", ["10.0.0.1"], began: 0, uid: "1"), isGone: true, at: Self.time(61))
        #expect(book.short == ["10.0.0.2": "pod shop/db-0"])
        #expect(book.names["10.0.0.2"]?.since == Self.time(50))
    }

    @Test("pods in their node's network have its name; what else changes of a pod is no news")
    func hostNetwork() throws {
        var book = Book()
        book.owners.take(try node("node-1", ["192.0.2.1", "2001:db8::1"]), isGone: false, at: Self.time(1))
        book.owners.take(try pod("proxy", ["192.0.2.1"], hostNetwork: true), isGone: false, at: Self.time(2))
        let all = ["192.0.2.1": "node /node-1", "2001:db8::1": "node /node-1"]
        #expect(book.short == all)
        book.owners.take(try pod("proxy", ["192.0.2.1"], hostNetwork: true), isGone: true, at: Self.time(3))
        book.owners.take(try node("node-1", ["192.0.2.1", "2001:db8::1"]), isGone: false, at: Self.time(4))
        #expect(book.short == all && book.told.last == [])
        book.owners.take(try node("node-1", []), isGone: true, at: Self.time(5))
        #expect(book.short == [:])
    }

    @Test(
        "a service has its addresses of both families, and others when they change; a balancer's that is a node's is not its"
    )
    func services() throws {
        var book = Book()
        book.owners.take(try node("node-1", ["192.0.2.1"]), isGone: false, at: Self.time(1))
        book.owners.take(try service("web", ["10.96.0.1", "fd00::1"]), isGone: false, at: Self.time(2))
        book.owners.take(try service("none", []), isGone: false, at: Self.time(2))
        #expect(
            book.short == [
                "192.0.2.1": "node /node-1", "10.96.0.1": "service shop/web", "fd00::1": "service shop/web",
            ])
        #expect(book.names["10.96.0.1"]?.since == Self.time(0))
        book.owners.take(
            try service("web", ["10.96.0.1", "fd00::1"], balancer: "203.0.113.7"), isGone: false, at: Self.time(60))
        #expect(book.short["203.0.113.7"] == "service shop/web")
        // Its object is older than this address of it.
        #expect(book.names["203.0.113.7"]?.since == Self.time(60))
        book.owners.take(
            try service("web", ["10.96.0.2"], balancer: "192.0.2.1"), isGone: false, at: Self.time(70))
        #expect(book.short == ["192.0.2.1": "node /node-1", "10.96.0.2": "service shop/web"])
        book.owners.take(try service("web", ["10.96.0.9"], uid: "made anew"), isGone: false, at: Self.time(80))
        #expect(book.short == ["192.0.2.1": "node /node-1", "10.96.0.9": "service shop/web"])
        book.owners.take(try service("web", ["10.96.0.9"], uid: "made anew"), isGone: true, at: Self.time(90))
        #expect(book.short == ["192.0.2.1": "node /node-1"])
    }

    @Test("a pod has the first service of the slices that have its address, and none of another namespace")
    func slices() throws {
        var book = Book()
        book.owners.take(try slice("web-headless-x", of: "web-headless", ["10.0.0.1"]), isGone: false, at: Self.time(1))
        // A slice may come before its pods.
        #expect(book.short == [:])
        book.owners.take(try pod("web-1", ["10.0.0.1"]), isGone: false, at: Self.time(2))
        book.owners.take(try pod("web-1", ["10.0.0.2"], namespace: "other"), isGone: false, at: Self.time(2))
        book.owners.take(try slice("web-a", of: "web", ["10.0.0.1", "10.0.0.2"]), isGone: false, at: Self.time(3))
        #expect(
            book.short == ["10.0.0.1": "pod shop/web-1 of web in web-a", "10.0.0.2": "pod other/web-1"])
        // The same slice in another order, or with other addresses: no news of who stays.
        book.owners.take(try slice("web-a", of: "web", ["10.0.0.2", "10.0.0.1"]), isGone: false, at: Self.time(4))
        _ = book.short
        book.owners.take(try slice("web-a", of: "web", ["10.0.0.1", "10.0.0.3"]), isGone: false, at: Self.time(5))
        _ = book.short
        #expect(book.told.suffix(2).flatMap { $0 } == ["10.0.0.2", "10.0.0.3"])
        // One that moves to another slice of the service.
        book.owners.take(try slice("web-b", of: "web", ["10.0.0.1"]), isGone: false, at: Self.time(6))
        book.owners.take(try slice("web-a", of: "web", []), isGone: false, at: Self.time(7))
        #expect(book.short["10.0.0.1"] == "pod shop/web-1 of web in web-b")
        book.owners.take(try slice("web-b", of: "web", ["10.0.0.1"]), isGone: true, at: Self.time(8))
        #expect(book.short["10.0.0.1"] == "pod shop/web-1 of web-headless in web-headless-x")
        // After a watch of another version has begun.
        book.owners.keepSlices([], at: Self.time(9))
        #expect(book.short["10.0.0.1"] == "pod shop/web-1")
    }

    @Test("what a slice has beside pods is its service's, unless it is somebody's")
    func outside() throws {
        var book = Book()
        book.owners.take(try node("node-1", ["192.0.2.1"]), isGone: false, at: Self.time(1))
        book.owners.take(
            try slice("db-x", of: "db", [], others: ["192.0.2.1", "198.51.100.5"]), isGone: false, at: Self.time(2))
        #expect(book.short == ["192.0.2.1": "node /node-1", "198.51.100.5": "service shop/db in db-x"])
        book.owners.take(try node("node-1", ["192.0.2.1"]), isGone: true, at: Self.time(3))
        #expect(book.short["192.0.2.1"] == "service shop/db in db-x")
        book.owners.take(try slice("db-x", of: "db", [], uid: "other"), isGone: true, at: Self.time(4))
        #expect(book.short.count == 2)
        book.owners.take(try slice("db-x", of: "db", []), isGone: true, at: Self.time(4))
        #expect(book.short == [:])
    }

    @Test("a pod's second address counts from when it was seen, its first one from the pod's beginning")
    func dualStack() throws {
        var book = Book()
        book.owners.take(try pod("a", [], began: 5), isGone: false, at: Self.time(6))
        book.owners.take(try pod("a", ["10.0.0.1"], began: 5), isGone: false, at: Self.time(10))
        book.owners.take(try pod("a", ["10.0.0.1", "fd00::7"], began: 5), isGone: false, at: Self.time(20))
        #expect(book.short == ["10.0.0.1": "pod shop/a", "fd00::7": "pod shop/a"])
        #expect(book.names["10.0.0.1"]?.since == Self.time(5) && book.names["fd00::7"]?.since == Self.time(20))
        book.owners.take(try pod("a", ["10.0.0.9"], began: 5), isGone: false, at: Self.time(30))
        #expect(book.short == ["10.0.0.9": "pod shop/a"])
        #expect(book.names["10.0.0.9"]?.since == Self.time(30))
    }
}
