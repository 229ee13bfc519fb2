internal import CurlTransport

/// Stores objects in S3 and in stores that speak its language.
package struct S3: Sendable {
    /// A bucket, and who writes to it.
    package struct Target: Sendable {
        package var bucket: String
        package var region: String
        package var keys: AWSClient.Keys

        package init(bucket: String, region: String, keys: AWSClient.Keys) {
            self.bucket = bucket
            self.region = region
            self.keys = keys
        }
    }

    /// An empty body's hash.
    static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    // MARK: Addresses

    /// Where an object is. Buckets whose names TLS certificates do not cover, and private stores, have it in the path.
    func address(_ target: Target, key: String) throws(IntegrationError) -> WebAddress {
        let bucket = target.bucket
        guard 3...63 ~= bucket.utf8.count, !bucket.contains(".."),
            bucket.utf8.allSatisfy({ Percent.isHostByte($0) && !"[]:%~".utf8.contains($0) })
        else { throw .invalid("\(bucket.debugDescription) is no S3 bucket name") }
        let path = Percent.encode(key, keepingSlash: true)
        if let endpoint = try client.http.settings.endpoint("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL") {
            return endpoint.appending("/\(bucket)/\(path)")
        }
        try AWSRegion.check(target.region)
        let host = "s3.\(target.region).\(AWSRegion.domain(target.region))"
        let isDNSName = bucket.utf8.allSatisfy { 0x61...0x7a ~= $0 || 0x30...0x39 ~= $0 || $0 == UInt8(ascii: "-") }
        return try WebAddress(isDNSName ? "https://\(bucket).\(host)/\(path)" : "https://\(host)/\(bucket)/\(path)")
    }

    // MARK: Requests

    /// A call before it is signed.
    func call(_ method: String, _ target: Target, key: String = "", query: String? = nil) throws(IntegrationError)
        -> HTTPCall
    {
        var address = try address(target, key: key)
        address.query = query
        return HTTPCall("S3", method, address)
    }

    /// Sends a call; throws unless the answer is a success.
    func succeed(_ call: HTTPCall, _ target: Target, payloadHash: String = emptyHash) async throws(IntegrationError)
        -> HTTPReply
    {
        let reply = try await client.send(
            call, service: "s3", region: target.region, keys: target.keys, payloadHash: payloadHash)
        if reply.isSuccess { return reply }
        throw client.failure(of: call, reply, keys: target.keys)
    }

    /// Runs `body`; once more with the right region if the bucket says that it lives elsewhere.
    func inItsRegion<Value>(
        _ target: Target, _ body: (Target) async throws(IntegrationError) -> Value
    ) async throws(IntegrationError) -> Value {
        do {
            return try await body(target)
        } catch {
            guard let region = Self.region(in: error), region != target.region else { throw error }
            var moved = target
            moved.region = region
            return try await body(moved)
        }
    }

    /// `<Region>` of an answer 400, `<Endpoint>bucket.s3-region…` of a 301.
    private static func region(in error: IntegrationError) -> String? {
        guard [301, 307, 400].contains(error.status), let body = error.body,
            let root = XMLElement.parse(Array(body.utf8)),
            [
                "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
                "IllegalLocationConstraintException",
            ]
            .contains(root["Code"]?.text)
        else { return nil }
        if let region = root["Region"]?.text { return region }
        let host = root["Endpoint"]?.text ?? ""
        return host.split(separator: ".").compactMap { label -> String? in
            let name = label.hasPrefix("s3-") ? label.dropFirst(3) : label
            return AWSRegion.looksLikeOne(String(name)) ? String(name) : nil
        }.first
    }

    // MARK: Deleting

    /// Deletes every object whose key begins with `prefix`, and returns how many.
    package func clear(prefix: String, in target: Target) async throws(IntegrationError) -> Int {
        try await inItsRegion(target) { target throws(IntegrationError) in
            var count = 0
            var token: String?
            repeat {
                let (keys, next) = try await list(prefix, token, target)
                if !keys.isEmpty { try await delete(keys, target) }
                count += keys.count
                token = next
            } while token != nil
            return count
        }
    }

    private func list(
        _ prefix: String, _ token: String?, _ target: Target
    ) async throws(IntegrationError) -> (keys: [String], next: String?) {
        var fields = [("list-type", "2"), ("prefix", prefix), ("encoding-type", "url")]
        if let token { fields.append(("continuation-token", token)) }
        let call = try call("GET", target, query: Percent.form(fields.map { (name: $0.0, value: $0.1) }))
        let reply = try await succeed(call, target)
        guard let result = XMLElement.parse(reply.body), result.name == "ListBucketResult" else {
            throw IntegrationError(.answer, "S3 at \(call.address.origin) answered with no list")
        }
        // With `encoding-type=url` a space is `+`.
        let keys = result.all("Contents").compactMap { $0["Key"]?.text.replacing("+", with: " ") }.map(Percent.decode)
        let isCut = result["IsTruncated"]?.text == "true"
        return (keys, isCut ? result["NextContinuationToken"]?.text : nil)
    }

    private func delete(_ keys: [String], _ target: Target) async throws(IntegrationError) {
        let objects = keys.map { "<Object><Key>\(XMLElement.escape($0))</Key></Object>" }.joined()
        let body = Array(
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(objects)<Quiet>true</Quiet></Delete>".utf8)
        var call = try call("POST", target, query: "delete=")
        call.body = .bytes(body)
        call.headers = [("Content-Type", "application/xml"), ("Content-MD5", base64(Digest.md5(body)))]
        let reply = try await succeed(call, target, payloadHash: Digest.sha256(body))
        guard let failed = XMLElement.parse(reply.body)?["Error"] else { return }
        let words = [failed["Code"]?.text, failed["Message"]?.text].compactMap(\.self).joined(separator: ": ")
        let key = failed["Key"]?.text ?? "an object"
        let code: IntegrationError.Code =
            AWSError.authenticationCodes.contains(failed["Code"]?.text ?? "") ? .authentication : .rejected
        throw IntegrationError(code, "S3 did not delete \(key): \(words)", status: reply.status)
    }
}
