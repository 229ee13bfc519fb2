internal import Fleet
internal import KubernetesClient
internal import Timestamps

/// Whose addresses are, by pods, services, nodes and endpoint slices: a state machine without I/O.
///
/// An address may be claimed by several: a pod that ends still shows the address that the next one has, and balancers of
/// small clusters show those of nodes. What is made of it depends on what is there alone, and not on the order in which it
/// came, so that all hubs say the same:
///
/// - a pod has it before a node, and a node before a service; of two alike the one that began later;
/// - pods in their node's network have none, and pods that are over;
/// - an address of an endpoint slice that nobody else has, and that is no pod's, is its service's.
struct AddressOwners {
    private struct Owner: Hashable {
        let kind: FleetName.Kind
        let key: ObjectKey
    }

    /// What an owner is held to have.
    private struct Holding {
        let uid: String
        var addresses: [String]
        var node = ""
        var host = ""
    }

    private struct Claim {
        let owner: Owner
        let since: Int64
    }

    /// A slice that has an address.
    private struct Membership {
        let slice: ObjectKey
        let service: String
        let isPod: Bool
        let since: Int64
    }

    private struct Slice {
        let uid: String
        let service: String
        var endpoints: [EndpointSlice.Endpoint]
    }

    private var holdings: [Owner: Holding] = [:]
    private var claims: [String: [Claim]] = [:]
    private var slices: [ObjectKey: Slice] = [:]
    private var memberships: [String: [Membership]] = [:]
    /// Addresses of which something has changed, and when.
    private var dirty: [String: Int64] = [:]

    var hasNews: Bool { !dirty.isEmpty }

    // MARK: What the watches tell, at a moment in milliseconds since 1970

    mutating func take(_ pod: Pod, isGone: Bool, at now: Int64) {
        let isOver = isGone || pod.usesHostNetwork || pod.phase == "Succeeded" || pod.phase == "Failed"
        let began = pod.started ?? pod.metadata.created
        hold(
            Owner(kind: .pod, key: pod.identity.key), pod.identity.uid, isOver ? [] : pod.podIPs, since: began, at: now,
            node: pod.nodeName, host: pod.hostIP)
    }

    mutating func take(_ service: Service, isGone: Bool, at now: Int64) {
        hold(
            Owner(kind: .service, key: service.identity.key), service.identity.uid, isGone ? [] : service.addresses,
            since: service.created, at: now)
    }

    mutating func take(_ node: Node, isGone: Bool, at now: Int64) {
        let addresses = node.addresses.filter { $0.type == "InternalIP" || $0.type == "ExternalIP" }.map(\.address)
        hold(
            Owner(kind: .node, key: node.identity.key), node.identity.uid, isGone ? [] : addresses,
            since: node.metadata.created, at: now)
    }

    mutating func take(_ slice: EndpointSlice, isGone: Bool, at now: Int64) {
        let key = slice.identity.key
        let before = slices[key]
        let endpoints = isGone || slice.service.isEmpty ? [] : slice.endpoints
        let isSame = before?.uid == slice.identity.uid && before?.service == slice.service
        // An end that is told of one that was made anew since.
        if isGone, before?.uid != slice.identity.uid { return }
        if isSame, before?.endpoints == endpoints { return }
        let created = Self.milliseconds(slice.created)
        let kept = isSame ? Set(before?.endpoints ?? []).intersection(endpoints) : []
        for endpoint in before?.endpoints ?? [] where !kept.contains(endpoint) { leave(endpoint, key, at: now) }
        for endpoint in endpoints where !kept.contains(endpoint) {
            let since = before == nil ? min(created ?? now, now) : now
            memberships[endpoint.address, default: []].append(
                Membership(slice: key, service: slice.service, isPod: endpoint.isPod, since: since))
            dirty[endpoint.address] = now
        }
        slices[key] =
            endpoints.isEmpty
            ? nil : Slice(uid: slice.identity.uid, service: slice.service, endpoints: endpoints)
    }

    /// Of all endpoint slices only these are left.
    mutating func keepSlices(_ keys: Set<ObjectKey>, at now: Int64) {
        for (key, slice) in slices where !keys.contains(key) {
            for endpoint in slice.endpoints { leave(endpoint, key, at: now) }
            slices[key] = nil
        }
    }

    private mutating func leave(_ endpoint: EndpointSlice.Endpoint, _ slice: ObjectKey, at now: Int64) {
        memberships[endpoint.address]?.removeAll { $0.slice == slice && $0.isPod == endpoint.isPod }
        if memberships[endpoint.address]?.isEmpty == true { memberships[endpoint.address] = nil }
        dirty[endpoint.address] = now
    }

    private mutating func hold(
        _ owner: Owner, _ uid: String, _ addresses: [String], since: Timestamp?, at now: Int64, node: String = "",
        host: String = ""
    ) {
        let before = holdings[owner]
        if let before, before.uid == uid, before.addresses == addresses, before.node == node, before.host == host {
            return
        }
        // Nothing was held, or somebody else of that name has it by now.
        if addresses.isEmpty, before == nil || before?.uid != uid { return }
        let isSame = before?.uid == uid
        let isMoved = before?.node != node || before?.host != host
        for address in before?.addresses ?? [] where !isSame || !addresses.contains(address) {
            claims[address]?.removeAll { $0.owner == owner }
            if claims[address]?.isEmpty == true { claims[address] = nil }
            dirty[address] = now
        }
        // What comes to those that it has already has just come.
        let start = isSame ? now : min(Self.milliseconds(since) ?? now, now)
        for address in addresses {
            if isSame, before?.addresses.contains(address) == true {
                if isMoved { dirty[address] = now }
                continue
            }
            claims[address, default: []].append(Claim(owner: owner, since: start))
            dirty[address] = now
        }
        holdings[owner] =
            addresses.isEmpty ? nil : Holding(uid: uid, addresses: addresses, node: node, host: host)
    }

    private static func milliseconds(_ time: Timestamp?) -> Int64? { time.map { $0.microseconds / 1_000 } }

    // MARK: What workers are told

    /// The addresses of which something has changed since the last time.
    mutating func takeNews() -> [FleetNameNews] {
        defer { dirty.removeAll(keepingCapacity: dirty.count < 1_000) }
        return dirty.map { address, time in FleetNameNews(address: address, name: name(of: address), time: time) }
    }

    private func name(of address: String) -> FleetName? {
        let members = (memberships[address] ?? []).sorted {
            ($0.service, $0.slice.name, $0.slice.namespace) < ($1.service, $1.slice.name, $1.slice.namespace)
        }
        let best = claims[address]?.max { first, second in
            (Self.rank(first.owner.kind), first.since, second.owner.key.description)
                < (Self.rank(second.owner.kind), second.since, first.owner.key.description)
        }
        guard let best else {
            return members.first { !$0.isPod }.map { member in
                FleetName(
                    address: address, kind: .service, namespace: member.slice.namespace, name: member.service,
                    since: member.since, slice: member.slice.name)
            }
        }
        let key = best.owner.key
        let holding = holdings[best.owner]
        // Many services may be reached at a node's address, each at a port of its own.
        let member = best.owner.kind == .pod ? members.first { $0.slice.namespace == key.namespace } : nil
        return FleetName(
            address: address, kind: best.owner.kind, namespace: key.namespace, name: key.name, since: best.since,
            node: holding?.node ?? "", host: holding?.host ?? "", service: member?.service ?? "",
            slice: member?.slice.name ?? "")
    }

    private static func rank(_ kind: FleetName.Kind) -> Int {
        switch kind {
        case .pod: 2
        case .node: 1
        case .service: 0
        }
    }
}
