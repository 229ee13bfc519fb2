internal import Crypto
package import Timestamps

/// AWS Signature Version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
package struct SignatureV4: Sendable {
    package let credentials: AWSCredentials
    package let region: String
    package let service: String
    package let time: Timestamp

    package init(credentials: AWSCredentials, region: String, service: String, time: Timestamp) {
        self.credentials = credentials
        self.region = region
        self.service = service
        self.time = time
    }

    /// What is signed, step by step; tests compare each.
    package struct Parts: Sendable {
        package let canonicalRequest: String
        package let stringToSign: String
        package let signature: String
        package let authorization: String
    }

    /// Puts the date, the host, the session's token and the signature among the call's headers. All headers that it has are
    /// signed; path and query become what was signed.
    package func sign(_ call: inout HTTPCall, payloadHash: String) {
        call.address.path = Percent.encode(Percent.decode(call.address.path), keepingSlash: true)
        call.address.query = call.address.query.map(Self.canonicalQuery)
        call[header: "Host"] = Self.host(call.address)
        call[header: "X-Amz-Date"] = timestamp
        if service == "s3" { call[header: "X-Amz-Content-Sha256"] = payloadHash }
        if let token = credentials.sessionToken { call[header: "X-Amz-Security-Token"] = token }
        call[header: "Authorization"] = parts(of: call, payloadHash: payloadHash).authorization
        call.secrets += credentials.secrets
    }

    package func parts(of call: HTTPCall, payloadHash: String) -> Parts {
        let headers = call.headers.map { ($0.name.lowercased(), Self.collapsed($0.value)) }
            .filter { $0.0 != "authorization" }
            .sorted { $0.0 < $1.0 }
        let signed = headers.map(\.0).joined(separator: ";")
        // All services but S3 want the path encoded once more than it is sent.
        let path = service == "s3" ? call.address.path : Percent.encode(call.address.path, keepingSlash: true)
        let canonical = [
            call.method, path, call.address.query ?? "", headers.map { "\($0.0):\($0.1)\n" }.joined(), signed,
            payloadHash,
        ].joined(separator: "\n")
        let toSign = ["AWS4-HMAC-SHA256", timestamp, scope, Digest.sha256(Array(canonical.utf8))]
            .joined(separator: "\n")
        let signature = Digest.hex(Digest.hmacSHA256(toSign, key: signingKey))
        return Parts(
            canonicalRequest: canonical, stringToSign: toSign, signature: signature,
            authorization:
                "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), SignedHeaders=\(signed), Signature=\(signature)"
        )
    }

    /// The key of one day, region and service.
    package var signingKey: [UInt8] {
        [day, region, service, "aws4_request"].reduce(Array("AWS4\(credentials.secretAccessKey)".utf8)) {
            Digest.hmacSHA256($1, key: $0)
        }
    }

    private var scope: String { "\(day)/\(region)/\(service)/aws4_request" }

    /// `20150830T123600Z`
    private var timestamp: String { time.wholeSecond.description.filter { $0 != "-" && $0 != ":" } }

    private var day: String { String(timestamp.prefix(8)) }

    /// As libcurl would send it: without the scheme's own port.
    static func host(_ address: WebAddress) -> String {
        address.port == (address.scheme == "https" ? 443 : 80) ? address.host : address.authority
    }

    static func canonicalQuery(_ query: String) -> String {
        query.split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = sides.count > 1 ? Percent.encode(Percent.decode(sides[1])) : ""
            return (name: Percent.encode(Percent.decode(sides[0])), value: value)
        }
        .sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    private static func collapsed(_ value: String) -> String { value.split(separator: " ").joined(separator: " ") }
}
