package import JSON

/// What a filter looks at: an item.
///
/// A JSON tree is one. An item that is not a tree answers the questions that filters ask most without becoming one,
/// and makes the tree only for the others.
package protocol FilterSubject {
    /// The value of a well-known field.
    func answer(_ field: ItemField) -> FieldAnswer
    /// One entry of a table such as the headers.
    func answer(_ table: ItemTable, _ name: String) -> FieldAnswer
    /// All of it.
    var tree: JSONValue { get }
}

/// What an item says when it is asked for a field.
package enum FieldAnswer: Sendable, Equatable {
    case value(JSONValue)
    /// The item has no such field.
    case missing
    /// Only the tree can tell.
    case askTree
}

/// The fields that filters ask for most, by their paths.
package enum ItemField: String, CaseIterable, Sendable {
    case protocolName = "protocol.name"
    case protocolAbbreviation = "protocol.abbr"
    case protocolMacro = "protocol.macro"
    case protocolVersion = "protocol.version"
    case tls
    case error
    case id
    case index
    case stream
    case record
    case worker
    case node = "node.name"
    case timestamp
    case elapsedTime
    case requestSize
    case responseSize
    case size
    case namespace
    case sourceAddress = "src.ip"
    case sourcePort = "src.port"
    case sourceName = "src.name"
    case sourceNamespace = "src.namespace"
    case destinationAddress = "dst.ip"
    case destinationPort = "dst.port"
    case destinationName = "dst.name"
    case destinationNamespace = "dst.namespace"
    case request
    case requestMethod = "request.method"
    case requestURL = "request.url"
    case requestPath = "request.path"
    case requestCommand = "request.command"
    case requestKey = "request.key"
    case response
    case responseStatus = "response.status"
    case responseCode = "response.code"
}

/// The tables that filters look into.
package enum ItemTable: String, CaseIterable, Sendable {
    case requestHeaders = "request.headers"
    case responseHeaders = "response.headers"
}

extension JSONValue: FilterSubject {
    /// A tree answers by being one.
    package func answer(_ field: ItemField) -> FieldAnswer { .askTree }
    /// A tree answers by being one.
    package func answer(_ table: ItemTable, _ name: String) -> FieldAnswer { .askTree }
    /// Itself.
    package var tree: JSONValue { self }
}
