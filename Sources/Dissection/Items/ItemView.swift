package import FilterLanguage
package import JSON

/// An item as a filter sees it: the usual questions are answered from its native parts, and only others make a tree.
package final class ItemView: FilterSubject {
    private let item: Item
    private let scene: ItemScene
    private var cachedTree: JSONValue?

    /// A view for one or several filters.
    package init(_ item: Item, _ scene: ItemScene) {
        self.item = item
        self.scene = scene
    }

    /// The item's JSON as a tree, made once.
    package var tree: JSONValue {
        if let cachedTree { return cachedTree }
        var encoder = ItemEncoder(scene)
        let tree = encoder.tree(item)
        cachedTree = tree
        return tree
    }

    /// A field of the item.
    package func answer(_ field: ItemField) -> FieldAnswer {
        switch field {
        case .protocolName: .value(.string(item.payload.protocolDescription.name))
        case .protocolAbbreviation: .value(.string(item.payload.protocolDescription.abbreviation))
        case .protocolMacro: .value(.string(item.payload.protocolDescription.macro))
        case .protocolVersion: .value(.string(item.payload.protocolDescription.version))
        case .tls: .value(false)
        case .error: item.error == nil ? .value(.null) : .askTree
        case .index: .value(.integer(Int64(item.index)))
        case .stream: .value(.string(item.connection.stream))
        case .record: .value("")
        case .worker: .value(.string(scene.worker))
        case .node: .value(.string(scene.nodeName))
        case .timestamp: .value(.integer(item.time / 1_000_000))
        case .elapsedTime: .value(.integer(item.elapsed / 1_000))
        case .requestSize: .value(.integer(Int64(item.requestSize)))
        case .responseSize: .value(.integer(Int64(item.responseSize)))
        case .size: .value(.integer(Int64(item.requestSize + item.responseSize)))
        case .sourceAddress: .value(.string(item.connection.client.address))
        case .sourcePort: .value(.string(String(item.connection.client.port)))
        case .destinationAddress: .value(.string(item.connection.server.address))
        case .destinationPort: .value(.string(String(item.connection.server.port)))
        case .sourceName: .value(.string(peer(item.connection.client)?.name ?? ""))
        case .sourceNamespace: .value(.string(peer(item.connection.client)?.namespace ?? ""))
        case .destinationName: .value(.string(peer(item.connection.server)?.name ?? ""))
        case .destinationNamespace: .value(.string(peer(item.connection.server)?.namespace ?? ""))
        case .id, .namespace, .request, .response: .askTree
        case .requestMethod, .requestURL, .requestPath, .requestCommand, .requestKey, .responseStatus, .responseCode:
            payloadAnswer(field)
        }
    }

    private func peer(_ endpoint: Peer) -> ResolvedPeer? {
        scene.resolver?.peer(address: endpoint.address, port: endpoint.port, at: item.time)
    }

    private func payloadAnswer(_ field: ItemField) -> FieldAnswer {
        switch item.payload {
        case .http(let exchange):
            switch field {
            case .requestMethod where exchange.hasRequest: .value(.string(exchange.method))
            case .requestURL where exchange.hasRequest: .value(.string(exchange.target))
            case .requestPath where exchange.hasRequest: .value(.string(exchange.path))
            case .responseStatus where exchange.hasResponse: .value(.integer(Int64(exchange.status)))
            default: .missing
            }
        case .redis(let exchange):
            switch field {
            case .requestCommand: exchange.request.map { .value(.string($0.command)) } ?? .missing
            case .requestKey: exchange.request.map { .value(.string($0.key)) } ?? .missing
            default: .missing
            }
        case .dns(let exchange):
            switch field {
            case .responseCode:
                exchange.response.map { .value(.string(DNSNames.responseCode($0.responseCode))) } ?? .missing
            default: .missing
            }
        case .tls, .icmp, .connection, .record: .missing
        }
    }

    /// A header, by its name in any case.
    package func answer(_ table: ItemTable, _ name: String) -> FieldAnswer {
        guard case .http(let exchange) = item.payload else { return .missing }
        let message = table == .requestHeaders ? exchange.request : exchange.response
        guard let message else { return .missing }
        let wanted = name.lowercased()
        let values = HTTPFields(message).lines.filter { $0.name.lowercased() == wanted }.map(\.value)
        return values.isEmpty ? .missing : .value(.string(values.joined(separator: ",")))
    }
}
