internal import JSON

/// Names that stand for an expression: `http` for `(protocol.abbr == "HTTP")`.
///
/// A macro is replaced where its name is a whole expression by itself: not as part of a path such as
/// `request.http`, not before a parenthesis or bracket, and not in a string.
package struct FilterMacros: Sendable, Equatable {
    /// The expansions by name.
    package private(set) var expansions: [String: String]

    /// Macros of one's own.
    package init(_ expansions: [String: String]) { self.expansions = expansions }

    /// What every filter knows, `https` among them.
    package static let builtIn: FilterMacros = {
        var expansions = [
            "http": #"(protocol.abbr == "HTTP")"#, "http2": #"(protocol.abbr == "HTTP/2")"#,
            "grpc": #"(protocol.abbr == "gRPC")"#, "gql": #"(protocol.abbr == "GQL")"#,
            "dns": #"(protocol.abbr == "DNS")"#, "https": "tls and (http or http2)",
        ]
        let byName = [
            "amqp", "kafka", "redis", "ws", "icmp", "tcp", "udp", "sctp", "ldap", "radius", "diameter", "mongodb",
            "mysql", "postgresql",
        ]
        for name in byName { expansions[name] = #"(protocol.name == "\#(name)")"# }
        // Our items of a handshake carry the name `tls`; `tls` itself is the field that says "captured decrypted".
        expansions["tlsx"] = #"(protocol.macro == "tlsx")"#
        return FilterMacros(expansions)
    }()

    /// These and others; of a name that both have, the others' expansion counts.
    package func merging(_ others: [String: String]) -> FilterMacros {
        FilterMacros(expansions.merging(others) { $1 })
    }

    /// The setting `CUSTOM_MACROS`: a JSON object of texts, each of which must be a filter. Empty text is no macros.
    package static func custom(parsing text: String) throws -> FilterMacros {
        guard text.contains(where: { !$0.isWhitespace }) else { return .builtIn }
        guard let members = try JSONValue(parsing: text).object else {
            throw FilterError(line: 1, column: 1, message: "custom macros must be a JSON object of texts")
        }
        var expansions: [String: String] = [:]
        for (name, value) in members {
            guard let expansion = value.string else {
                throw FilterError(line: 1, column: 1, message: "the macro \"\(name)\" must be a text")
            }
            expansions[name] = expansion
        }
        let macros = builtIn.merging(expansions)
        for name in expansions.keys.sorted() { _ = try Filter(name, macros: macros) }
        return macros
    }
}
