package import CurlTransport

/// Stores blobs in Azure Storage (version 2021-08-06 of its API).
package struct BlobStorage: Sendable {
    /// Larger files go up in blocks: after a broken connection only a block is sent again.
    static let singleLimit = 64 << 20
    /// Azure takes 50,000 blocks.
    static let blockSize = 16 << 20

    private let http: HTTPClient
    private let tokens: AzureTokens

    package init(_ http: HTTPClient) {
        self.http = http
        tokens = AzureTokens(http)
    }

    /// Uploads a file, read from disk while it is sent, and returns its URL.
    package func put(
        _ file: FileSlice, name: String, contentType: String, container: String, account: AzureAccount
    ) async throws(IntegrationError) -> String {
        guard !container.isEmpty, !container.contains("/") else {
            throw .invalid("\(container.debugDescription) is no Azure container")
        }
        let address = account.endpoint.appending(
            "/\(Percent.encode(container))/\(Percent.encode(name, keepingSlash: true))")
        if file.count <= Self.singleLimit {
            try await send(
                HTTPCall(
                    "Azure Blob", "PUT", address,
                    headers: [("x-ms-blob-type", "BlockBlob"), ("Content-Type", contentType)],
                    body: file.count == 0 ? .bytes([]) : .file(file)), account, contentLength: file.count)
        } else {
            try await putBlocks(file, contentType, address, account)
        }
        return address.text
    }

    private func putBlocks(
        _ file: FileSlice, _ contentType: String, _ address: WebAddress, _ account: AzureAccount
    ) async throws(IntegrationError) {
        var ids: [String] = []
        var offset = 0
        while offset < file.count {
            let part = FileSlice(
                file.file, offset: file.offset + offset, count: min(Self.blockSize, file.count - offset))
            // All of one length, as the API demands.
            let number = String(ids.count)
            let id = AzureSignature.encode(Array((String(repeating: "0", count: 6 - number.count) + number).utf8))
            var block = address
            block.query = Percent.form([("comp", "block"), ("blockid", id)])
            try await send(
                HTTPCall("Azure Blob", "PUT", block, body: .file(part)), account, contentLength: part.count)
            ids.append(id)
            offset += part.count
        }
        let list = ids.map { "<Latest>\($0)</Latest>" }.joined()
        let body = Array("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>\(list)</BlockList>".utf8)
        var commit = address
        commit.query = "comp=blocklist"
        try await send(
            HTTPCall(
                "Azure Blob", "PUT", commit,
                headers: [("x-ms-blob-content-type", contentType), ("Content-Type", "application/xml")],
                body: .bytes(body)), account, contentLength: body.count)
    }

    private func send(_ unsigned: HTTPCall, _ account: AzureAccount, contentLength: Int) async throws(IntegrationError)
    {
        var call = unsigned
        call[header: "x-ms-version"] = "2021-08-06"
        call[header: "x-ms-date"] = HTTPDate.text(http.settings.now())
        call.secrets = account.secrets
        switch account.access {
        case .sharedKey(let key):
            call[header: "Authorization"] = AzureSignature.authorization(
                call, account: account.name, key: key, contentLength: contentLength)
        case .signature(let query):
            call.address.query = call.address.query.map { "\($0)&\(query)" } ?? query
        case .identity:
            call[header: "Authorization"] = "Bearer \(try await tokens.token())"
        }
        try await http.succeed(call, explain: Self.explain)
    }

    /// `<Error><Code>…</Code><Message>…</Message></Error>`, or a header alone.
    private static func explain(_ reply: HTTPReply) -> String? {
        guard let error = XMLElement.parse(reply.body), let code = error["Code"]?.text else {
            return reply.headers["x-ms-error-code"]
        }
        // The message goes on with ids and the time.
        let message = error["Message"]?.text.split(whereSeparator: \.isNewline).first ?? ""
        return message.isEmpty ? code : "\(code): \(message)"
    }
}
