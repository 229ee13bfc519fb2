internal import JSON

/// Whose an address is, as far as the hub's watches tell.
package struct FleetName: Sendable, Hashable {
    /// What has the address.
    package enum Kind: String, Sendable, CaseIterable {
        case pod, service, node
    }

    /// As the API writes it.
    package let address: String
    package let kind: Kind
    /// Empty for nodes.
    package let namespace: String
    package let name: String
    /// Since when, in milliseconds since 1970: as far as the API tells, else since the hub has noticed.
    package let since: Int64
    /// A pod's node, and that node's address; else empty.
    package let node: String
    package let host: String
    /// Of the endpoint slices that have the address, the first one by service and name, and that service: both of the same
    /// namespace; empty: none has.
    package let service: String
    package let slice: String

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

    /// An array, since there may be ten thousand; what is empty at its end is left out.
    func write(to writer: inout JSONWriter) {
        writer.beginArray()
        writer.write(address)
        writer.write(kind.rawValue)
        writer.write(namespace)
        writer.write(name)
        writer.write(since)
        let rest = [node, host, service, slice]
        for text in rest.prefix((rest.lastIndex { !$0.isEmpty } ?? -1) + 1) { writer.write(text) }
        writer.endArray()
    }

    /// Reads what ``write(to:)`` writes; nil: it is of a kind of later, or nonsense.
    init?(_ value: JSONValue, sharing texts: inout SharedTexts) {
        guard let array = value.array, array.count >= 5, let address = array[0].string,
            let kind = array[1].string.flatMap({ Kind(rawValue: $0) }), let namespace = array[2].string,
            let name = array[3].string, let since = array[4].integer
        else { return nil }
        let rest = array.dropFirst(5).map { texts.shared($0.string ?? "") }
        func text(_ index: Int) -> String { rest.indices.contains(index) ? rest[index] : "" }
        self.init(
            address: address, kind: kind, namespace: texts.shared(namespace), name: name, since: since, node: text(0),
            host: text(1), service: text(2), slice: text(3))
    }
}

/// Keeps one copy of each text of a line: namespaces, nodes and services repeat.
struct SharedTexts {
    private var known: Set<String> = []

    mutating func shared(_ text: String) -> String {
        // Up to 15 bytes live inside a `String` itself.
        text.utf8.count <= 15 ? text : known.insert(text).memberAfterInsert
    }
}
