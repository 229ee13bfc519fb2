/// An absolute `http` or `https` URL, taken apart as far as integrations need it.
///
/// What scripts give is repaired where the meaning is plain: spaces and other characters that must be percent-encoded are
/// encoded. User name and password are kept apart, so that they can stand in no message.
package struct WebAddress: Sendable, Hashable {
    /// `http` or `https`.
    package var scheme: String
    /// A name or an address, an IPv6 address in brackets, in lower case.
    package var host: String
    /// The port; nil leaves it to the scheme.
    package var port: Int?
    /// Percent-encoded, beginning with a slash.
    package var path: String
    /// Percent-encoded, without the question mark; nil if there is none.
    package var query: String?
    /// `name:password`, decoded.
    package var userInfo: String?

    /// Reads a URL; `what` names it in the error.
    package init(_ text: String, _ what: String = "the URL") throws(IntegrationError) {
        guard let address = Self.parse(text) else {
            throw .invalid("\(what) must begin with http:// or https:// and name a host")
        }
        self = address
    }

    private static func parse(_ text: String) -> WebAddress? {
        let trimmed = text.drop { $0.isWhitespace }
        guard let separator = trimmed.firstRange(of: "://"),
            let scheme = ["http", "https"].first(where: { $0 == trimmed[..<separator.lowerBound].lowercased() })
        else { return nil }
        let authority = trimmed[separator.upperBound...].prefix { !"/?#\\".contains($0) }
        let at = authority.lastIndex(of: "@")
        let server = authority[(at.map(authority.index(after:)) ?? authority.startIndex)...]
        let afterBracket = server.lastIndex(of: "]") ?? server.startIndex
        let colon = server[afterBracket...].lastIndex(of: ":")
        let host = server[..<(colon ?? server.endIndex)].lowercased()
        guard !host.isEmpty, host.utf8.allSatisfy({ Percent.isHostByte($0) }) else { return nil }
        var port: Int?
        if let colon, case let digits = server[server.index(after: colon)...], !digits.isEmpty {
            guard let number = Int(digits), 1...65535 ~= number else { return nil }
            port = number
        }
        let (path, query) = split(trimmed[authority.endIndex...])
        return WebAddress(
            scheme: scheme, host: host, port: port, path: path, query: query,
            userInfo: at.map { Percent.decode(authority[..<$0]) })
    }

    private init(scheme: String, host: String, port: Int?, path: String, query: String?, userInfo: String?) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.query = query
        self.userInfo = userInfo
    }

    private static func split(_ rest: Substring) -> (path: String, query: String?) {
        let rest = rest.prefix { $0 != "#" }
        let path = Percent.repair(rest.prefix { $0 != "?" })
        let query = rest.firstIndex(of: "?").map { Percent.repair(rest[rest.index(after: $0)...]) }
        return (path.hasPrefix("/") ? path : "/" + path, query)
    }

    /// Scheme, host and port: what may stand in a message.
    package var origin: String { "\(scheme)://\(authority)" }

    /// Host and port: the value of a `Host` header.
    package var authority: String { port.map { "\(host):\($0)" } ?? host }

    /// The whole URL without user name and password.
    package var text: String { origin + path + (query.map { "?" + $0 } ?? "") }

    /// Whether two addresses are the same server, to which the same secrets may go.
    package func isSameServer(as other: WebAddress) -> Bool {
        scheme == other.scheme && host == other.host && effectivePort == other.effectivePort
    }

    private var effectivePort: Int { port ?? (scheme == "https" ? 443 : 80) }

    /// The address with more behind its path, which is encoded already; one slash stands between the two.
    package func appending(_ more: String, query: String? = nil) -> WebAddress {
        var address = self
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        address.path = base + (more.hasPrefix("/") ? more : "/" + more)
        if let query { address.query = query }
        return address
    }

    /// Where a `Location` header leads from here (RFC 3986, section 5.2); nil if it is none of http or https.
    package func following(_ location: String) -> WebAddress? {
        if let address = Self.parse(location) { return address }
        // A scheme that is neither http nor https: no colon may stand in front of the first slash of a path.
        if let colon = location.firstIndex(of: ":"), !location[..<colon].contains(where: { "/?#".contains($0) }) {
            return nil
        }
        if location.hasPrefix("//") { return Self.parse("\(scheme):\(location)") }
        var target = self
        target.userInfo = nil
        let (path, query) = Self.split(location.hasPrefix("/") ? location[...] : location[...])
        target.query = query
        if location.hasPrefix("/") {
            target.path = Self.withoutDots(path)
        } else if !location.hasPrefix("?") && !location.hasPrefix("#") {
            let folder = self.path[...(self.path.lastIndex(of: "/") ?? self.path.startIndex)]
            target.path = Self.withoutDots(String(folder) + String(path.dropFirst()))
        }
        return target
    }

    /// RFC 3986, section 5.2.4.
    private static func withoutDots(_ path: String) -> String {
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".": if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/")
    }
}
