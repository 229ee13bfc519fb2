package import CurlTransport
internal import YAML

extension S3 {
    /// Larger files go up in parts: after a broken connection only a part is sent again.
    static let singleLimit = 64 << 20
    /// S3 takes parts from 5 MiB, and 10,000 of them.
    static let partSize = 16 << 20
    static let partLimit = 10_000

    /// Uploads a file, read from disk while it is sent, and returns its URL.
    package func put(
        _ file: FileSlice, key: String, contentType: String, in target: Target
    ) async throws(IntegrationError) -> String {
        try await inItsRegion(target) { target throws(IntegrationError) in
            if file.count <= Self.singleLimit {
                var call = try call("PUT", target, key: key)
                call[header: "Content-Type"] = contentType
                call.body = Self.body(file)
                _ = try await succeed(call, target, payloadHash: try await Digest.sha256(file))
            } else {
                try await putParts(file, key, contentType, target)
            }
            return try address(target, key: key).text
        }
    }

    /// An empty file is no body to read: a length of 0 is all there is to send.
    private static func body(_ file: FileSlice) -> HTTPCall.Body { file.count == 0 ? .bytes([]) : .file(file) }

    private func putParts(
        _ file: FileSlice, _ key: String, _ contentType: String, _ target: Target
    ) async throws(IntegrationError) {
        var start = try call("POST", target, key: key, query: "uploads=")
        start[header: "Content-Type"] = contentType
        start.body = .bytes([])
        let reply = try await succeed(start, target)
        guard let id = XMLElement.parse(reply.body)?["UploadId"]?.text, !id.isEmpty else {
            throw IntegrationError(.answer, "S3 at \(start.address.origin) began no upload")
        }
        do {
            let tags = try await sendParts(file, key, id, target)
            try await complete(key, id, tags, target)
        } catch {
            // Parts of an unfinished upload cost money until somebody finds them. The first error is the one that counts.
            if let abort = try? call("DELETE", target, key: key, query: Percent.form([("uploadId", id)])) {
                _ = try? await succeed(abort, target)
            }
            throw error
        }
    }

    private func sendParts(
        _ file: FileSlice, _ key: String, _ id: String, _ target: Target
    ) async throws(IntegrationError) -> [String] {
        let size = max(Self.partSize, (file.count + Self.partLimit - 1) / Self.partLimit)
        var tags: [String] = []
        var offset = 0
        while offset < file.count {
            let part = FileSlice(file.file, offset: file.offset + offset, count: min(size, file.count - offset))
            let query = Percent.form([("partNumber", String(tags.count + 1)), ("uploadId", id)])
            var call = try call("PUT", target, key: key, query: query)
            call.body = .file(part)
            let reply = try await succeed(call, target, payloadHash: try await Digest.sha256(part))
            guard let tag = reply.headers["ETag"] else {
                throw IntegrationError(.answer, "S3 at \(call.address.origin) took a part without giving an ETag")
            }
            tags.append(tag)
            offset += part.count
        }
        return tags
    }

    private func complete(
        _ key: String, _ id: String, _ tags: [String], _ target: Target
    ) async throws(IntegrationError) {
        let parts = tags.enumerated().map { index, tag in
            "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(XMLElement.escape(tag))</ETag></Part>"
        }.joined()
        let body = Array(
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(parts)</CompleteMultipartUpload>"
                .utf8)
        var call = try call("POST", target, key: key, query: Percent.form([("uploadId", id)]))
        call.body = .bytes(body)
        call[header: "Content-Type"] = "application/xml"
        // Putting many parts together takes a while.
        call.total = .seconds(120)
        let reply = try await succeed(call, target, payloadHash: Digest.sha256(body))
        // The status is sent before the work is done, so a failure can follow it.
        if let root = XMLElement.parse(reply.body), root.name == "Error" {
            let words = AWSError.explain(reply) ?? "unknown"
            throw IntegrationError(
                .rejected, "S3 did not complete the upload: \(words)", status: reply.status,
                body: HTTPClient.beginning(of: reply.body))
        }
    }

    func base64(_ bytes: [UInt8]) -> String { Base64.encode(bytes) }
}
