/// As whom the requests are to be carried out, if not as the one who sends them.
public struct Impersonation: Sendable, Hashable {
    /// The user's name.
    public var user: String
    /// The user's unique identifier.
    public var uid: String?
    /// The groups the user is to be in.
    public var groups: [String]
    /// Further attributes, by name.
    public var extra: [String: [String]]

    /// Impersonates a user, and nothing else unless said.
    public init(user: String, uid: String? = nil, groups: [String] = [], extra: [String: [String]] = [:]) {
        self.user = user
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    /// The headers that say it to the API server, in a fixed order.
    public var headers: [(name: String, value: String)] {
        var headers = [(name: "Impersonate-User", value: user)]
        if let uid { headers.append(("Impersonate-Uid", uid)) }
        headers += groups.map { ("Impersonate-Group", $0) }
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            headers += values.map { ("Impersonate-Extra-\(Self.headerName(key))", $0) }
        }
        return headers
    }

    /// This, if its values can stand in headers: a line break would start another header.
    func checked(at place: ConfigurationPlace) throws(ConfigurationError) -> Impersonation {
        guard headers.allSatisfy({ $0.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }) else {
            throw .invalid(place, problem: "has a line break or another control character in its name, groups or extra")
        }
        return self
    }

    /// The key of an attribute as part of a header's name: what may not stand there is percent-encoded, and the API
    /// server decodes it.
    private static func headerName(_ key: String) -> String {
        let hexDigits = Array("0123456789ABCDEF".utf8)
        var name: [UInt8] = []
        for byte in key.utf8 {
            if isTokenByte(byte) {
                name.append(byte)
            } else {
                name += [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            }
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// The characters of a header's name (RFC 9110 section 5.6.2), without the percent sign.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
