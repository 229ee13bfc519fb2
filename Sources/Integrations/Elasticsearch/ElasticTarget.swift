internal import YAML

/// Where an Elasticsearch is, and how it is told who we are.
package struct ElasticTarget: Sendable {
    package let address: WebAddress
    /// The value of the `Authorization` header.
    package let authorization: String?
    /// SHA-256 of a certificate, 64 lower-case hexadecimal digits.
    package let fingerprint: String?

    /// Reads the arguments of `vendor.elastic`. A URL wins over a cloud id; a service token over an API key, and that over
    /// user name and password.
    package init(
        url: String?, cloudID: String?, username: String? = nil, password: String? = nil, apiKey: String? = nil,
        serviceToken: String? = nil, fingerprint: String? = nil
    ) throws(IntegrationError) {
        if let url {
            address = try WebAddress(url, "the Elasticsearch URL")
        } else if let cloudID {
            address = try Self.address(cloudID)
        } else {
            throw .invalid("Elasticsearch: give a URL or a cloud id")
        }
        if let serviceToken {
            authorization = "Bearer \(serviceToken)"
        } else if let apiKey {
            // `id:secret` is what the key is made of; as it is shown it is in base64 already.
            authorization = "ApiKey \(apiKey.contains(":") ? Base64.encode(Array(apiKey.utf8)) : apiKey)"
        } else if username != nil || password != nil {
            authorization = "Basic \(Base64.encode(Array("\(username ?? ""):\(password ?? "")".utf8)))"
        } else {
            authorization = address.userInfo.map { "Basic \(Base64.encode(Array($0.utf8)))" }
        }
        guard let fingerprint else {
            self.fingerprint = nil
            return
        }
        let digits = fingerprint.lowercased().filter { $0 != ":" && $0 != " " }
        guard digits.utf8.count == 64, digits.allSatisfy(\.isHexDigit) else {
            throw .invalid("Elasticsearch: the certificate's fingerprint is not SHA-256 in hexadecimal digits")
        }
        guard address.scheme == "https" else {
            throw .invalid("Elasticsearch: a certificate's fingerprint needs a URL with https")
        }
        self.fingerprint = digits
    }

    /// `name:` and base64 of `host[:port]$es_id[$kibana_id]`.
    private static func address(_ cloudID: String) throws(IntegrationError) -> WebAddress {
        let malformed = IntegrationError.invalid("Elasticsearch: the cloud id is malformed: copy it from the console")
        let encoded = String(cloudID.split(separator: ":", maxSplits: 1).last ?? "")
        let padded = encoded + String(repeating: "=", count: (4 - encoded.utf8.count % 4) % 4)
        guard let bytes = Base64.decode(padded) else { throw malformed }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty, !parts[1].isEmpty else { throw malformed }
        return try WebAddress("https://\(parts[1]).\(parts[0])", "the cloud id")
    }
}
