/// The validated address of an API server: what every request's URL begins with.
public struct ClusterURL: Sendable, Hashable, CustomStringConvertible {
    /// How the server is spoken to.
    public enum Scheme: String, Sendable, Hashable {
        /// Without encryption, as `kubectl proxy` and test servers do.
        case http
        /// With TLS.
        case https
    }

    /// Why a text is no address of an API server; it does not repeat the text, which may hold a password.
    public struct Invalid: Error, Hashable, CustomStringConvertible {
        /// What is wrong, and what to write instead.
        public let description: String
    }

    /// How the server is spoken to.
    public let scheme: Scheme
    /// A name or address; IPv6 without brackets.
    public let host: String
    /// The port; 443 or 80 if none was written.
    public let port: Int
    /// What precedes the path of each request, without a slash at its end: empty, or such as `/k8s/clusters/c-x2k9p`.
    public let pathPrefix: String

    /// Parses an address such as `https://10.0.0.1:6443` or `https://rancher.example/k8s/clusters/c-x2k9p`.
    public init(parsing text: String) throws(Invalid) {
        let parts = try NetworkAddress(parsing: text, example: "https://10.0.0.1:6443")
        guard let scheme = Scheme(rawValue: parts.scheme) else {
            throw Invalid(description: "has the scheme \"\(parts.scheme)\"; an API server speaks https (or http)")
        }
        guard !parts.hasUserInfo else {
            throw Invalid(description: "holds a user name or password; put them into the user entry instead")
        }
        guard !parts.path.utf8.contains(where: { "?#".utf8.contains($0) }) else {
            throw Invalid(description: "has a query or a fragment; an API server's address ends with its path")
        }
        self.scheme = scheme
        host = parts.host
        port = parts.port ?? (scheme == .https ? 443 : 80)
        var path = Substring(parts.path)
        while path.hasSuffix("/") { path = path.dropLast() }
        pathPrefix = String(path)
    }

    /// Makes an address of its parts; nil if the host or the port cannot be one.
    public init?(scheme: Scheme, host: String, port: Int) {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        guard let url = try? ClusterURL(parsing: "\(scheme.rawValue)://\(name):\(port)"), url.host == host,
            url.pathPrefix.isEmpty
        else { return nil }
        self = url
    }

    /// The address as text, without a slash at its end; append a request's path to it.
    public var description: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        let isStandardPort = port == (scheme == .https ? 443 : 80)
        return "\(scheme.rawValue)://\(name)\(isStandardPort ? "" : ":\(port)")\(pathPrefix)"
    }
}

/// The parts of a URL that leads to a server or a proxy.
struct NetworkAddress {
    let scheme: String
    let hasUserInfo: Bool
    let host: String
    let port: Int?
    /// All that follows the port.
    let path: String

    init(parsing text: String, example: String) throws(ClusterURL.Invalid) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Self.invalid("holds a space or a character outside ASCII")
        }
        guard let separator = text.firstRange(of: "://") else {
            throw Self.invalid("has no scheme; write it as in \(example)")
        }
        scheme = text[..<separator.lowerBound].lowercased()
        let rest = text[separator.upperBound...]
        let pathStart = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        path = String(rest[pathStart...])
        var authority = rest[..<pathStart]
        hasUserInfo = authority.contains("@")
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }

        let (host, portText) = try Self.split(authority)
        guard Self.isHost(host) else { throw Self.invalid("names no host; write it as in \(example)") }
        self.host = host
        port = try portText.map { text throws(ClusterURL.Invalid) in try Self.port(text) }
    }

    private static func invalid(_ problem: String) -> ClusterURL.Invalid { ClusterURL.Invalid(description: problem) }

    private static func split(
        _ authority: Substring
    ) throws(ClusterURL.Invalid) -> (host: String, port: Substring?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw invalid("has a \"[\" without its \"]\"") }
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else {
                throw invalid("has more than a port behind its \"]\"")
            }
            return (String(authority.dropFirst()[..<end]), behind.isEmpty ? nil : behind.dropFirst())
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw invalid("has an IPv6 address without brackets; write [address]:port") }
        return (String(parts[0]), parts.count == 2 ? parts[1] : nil)
    }

    private static func port(_ text: Substring) throws(ClusterURL.Invalid) -> Int {
        guard text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }), let port = Int(text), 1...65535 ~= port else {
            throw invalid("has a port that is no number from 1 to 65535")
        }
        return port
    }

    private static func isHost(_ host: String) -> Bool {
        guard !host.isEmpty else { return false }
        if host.utf8.contains(UInt8(ascii: ":")) {
            return host.utf8.allSatisfy { "0123456789abcdefABCDEF:.".utf8.contains($0) }
        }
        return host.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
