internal import Dissection
internal import JSON

/// Whose an address is, as a list of the whole cluster says it.
package struct PeerRecord: Sendable, Hashable {
    /// What has the address.
    package enum Kind: String, Sendable, CaseIterable {
        case pod, service, node
    }

    package var address: String
    package var kind: Kind
    /// Empty for nodes.
    package var namespace: String
    package var name: String
    /// Since when, in nanoseconds since 1970.
    package var since: Int64
    /// A pod's node, and that node's address; else empty.
    package var node: String
    package var host: String
    /// The service and the endpoint slice, of the same namespace, through which the address is reached; empty: none.
    package var service: String
    package var slice: String

    package init(
        address: String, kind: Kind, namespace: String, name: String, since: Int64, node: String = "",
        host: String = "", service: String = "", slice: String = ""
    ) {
        self.address = address
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.since = since
        self.node = node
        self.host = host
        self.service = service
        self.slice = slice
    }

    var key: PeerKey { PeerKey(kind: kind, namespace: namespace, name: name) }
    var place: PeerPlace { PeerPlace(node: node, host: host, service: service, slice: slice) }
}

/// Tells those apart that have addresses.
struct PeerKey: Sendable, Hashable {
    let kind: PeerRecord.Kind
    let namespace: String
    let name: String
}

/// What a list says of somebody beside the name.
struct PeerPlace: Sendable, Hashable {
    var node = ""
    var host = ""
    var service = ""
    var slice = ""
}

/// From when to when an address was somebody's.
struct Tenure: Sendable {
    /// In nanoseconds since 1970; `until` is not part of it.
    var from: Int64
    var until = Int64.max
    let key: PeerKey
    var place = PeerPlace()
    /// The pod's own events tell of it: whether it goes on is theirs to say, and not the list's.
    var isTold = false
    /// The peer, once somebody has asked, or as the pod's own events show it: most of a cluster never talks to us.
    var peer: BuiltPeer?

    var isOpen: Bool { until == .max }

    func contains(_ time: Int64) -> Bool { from <= time && time < until }

    /// The peer as items show it.
    ///
    /// - Parameter pod: the whole pod; nil: what the list says of it.
    func build(pod: JSONValue? = nil) -> BuiltPeer {
        let (name, namespace) = (key.name, key.namespace)
        func reference(_ name: String) -> JSONValue {
            name.isEmpty ? .null : ["metadata": ["name": .string(name), "namespace": .string(namespace)]]
        }
        let summary: JSONValue = [
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "spec": ["nodeName": .string(place.node)], "status": ["hostIP": .string(place.host)],
        ]
        return BuiltPeer(
            ResolvedPeer(
                name: name, namespace: namespace, pod: key.kind == .pod ? pod ?? summary : .null,
                service: reference(key.kind == .service ? name : place.service), endpointSlice: reference(place.slice)))
    }
}

/// A peer as items show it, shared.
final class BuiltPeer: Sendable {
    let peer: ResolvedPeer
    init(_ peer: ResolvedPeer) { self.peer = peer }
}
