/// The parts of a request's URL that the transport itself needs; the rest is libcurl's business.
struct RequestTarget: Equatable {
    /// `http` or `https`.
    let scheme: String
    /// A user name and a password with the `@` behind them, or nothing. Never to be shown.
    let userInfo: String
    /// A name or an address, an IPv6 address in brackets.
    let host: String
    /// The port as it stands in the URL; nil leaves it to the scheme.
    let explicitPort: String?
    /// What follows the authority: path, query, fragment.
    let rest: String

    /// Takes a URL apart; nil if it is none of http or https, or holds what must be percent-encoded.
    init?(_ url: String) {
        guard url.utf8.allSatisfy({ 0x21...0x7e ~= $0 }),
            let separator = url.firstRange(of: "://"),
            let scheme = ["http", "https"].first(where: { $0 == url[..<separator.lowerBound].lowercased() })
        else { return nil }
        let authority = url[separator.upperBound...].prefix { !"/?#".contains($0) }
        let endOfUserInfo = authority.lastIndex(of: "@").map(authority.index(after:)) ?? authority.startIndex
        let server = authority[endOfUserInfo...]
        // The colons of an IPv6 address stand before its bracket.
        let endOfAddress = server.lastIndex(of: "]") ?? server.startIndex
        let colon = server[endOfAddress...].lastIndex(of: ":")
        host = String(server[..<(colon ?? server.endIndex)])
        guard !host.isEmpty else { return nil }
        self.scheme = scheme
        userInfo = String(authority[..<endOfUserInfo])
        explicitPort = colon.map { String(server[server.index(after: $0)...]) }
        rest = String(url[authority.endIndex...])
    }

    /// The value of a `Host` header.
    var authority: String { explicitPort.map { "\(host):\($0)" } ?? host }

    /// Scheme, host and port: what may stand in a message.
    var peer: String { "\(scheme)://\(authority)" }

    private var port: String { explicitPort ?? (scheme == "https" ? "443" : "80") }

    /// How to reach a server whose certificate has another name than its address: the URL under that name, and the rule
    /// (`CURLOPT_CONNECT_TO`) by which libcurl goes to the address all the same.
    func renamed(_ name: String) -> (url: String, route: String) {
        ("\(scheme)://\(userInfo)\(name):\(port)\(rest)", "\(name):\(port):\(host):\(port)")
    }
}
