internal import YAML

/// Authorization with Shared Key
/// (https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key).
enum AzureSignature {
    static func decode(_ text: String) -> [UInt8]? { Base64.decode(text) }

    static func encode(_ bytes: [UInt8]) -> String { Base64.encode(bytes) }

    /// The text that is signed, for a call whose date is in `x-ms-date`.
    static func stringToSign(_ call: HTTPCall, account: String, contentLength: Int) -> String {
        let plain = [
            "Content-Encoding", "Content-Language", nil, "Content-MD5", "Content-Type", nil, "If-Modified-Since",
            "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
        ]
        var lines = [call.method]
        for (index, name) in plain.enumerated() {
            if let name {
                lines.append(call[header: name] ?? "")
            } else {
                // The length, empty when 0; and the date, which `x-ms-date` replaces.
                lines.append(index == 2 && contentLength > 0 ? String(contentLength) : "")
            }
        }
        let own = call.headers.map { ($0.name.lowercased(), $0.value) }.filter { $0.0.hasPrefix("x-ms-") }
            .sorted { $0.0 < $1.0 }
        lines += own.map { "\($0.0):\($0.1)" }
        let query = (call.address.query ?? "").split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1)
            return (Percent.decode(sides[0]).lowercased(), sides.count > 1 ? Percent.decode(sides[1]) : "")
        }.sorted { $0.0 < $1.0 }
        lines.append("/\(account)\(call.address.path)")
        lines += query.map { "\($0.0):\($0.1)" }
        return lines.joined(separator: "\n")
    }

    static func authorization(_ call: HTTPCall, account: String, key: [UInt8], contentLength: Int) -> String {
        let text = stringToSign(call, account: account, contentLength: contentLength)
        return "SharedKey \(account):\(encode(Digest.hmacSHA256(text, key: key)))"
    }
}
