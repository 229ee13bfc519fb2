package import CurlTransport
internal import JSON

/// Stores objects in Google Cloud Storage (JSON API, version 1).
package struct CloudStorage: Sendable {
    /// Larger files go up in pieces that can be taken up again.
    static let singleLimit = 64 << 20
    /// A multiple of 256 KiB.
    static let pieceSize = 16 << 20
    /// How often a piece is tried.
    static let attempts = 4

    private let http: HTTPClient
    private let tokens: GoogleTokens

    package init(_ http: HTTPClient) {
        self.http = http
        tokens = GoogleTokens(http)
    }

    /// Uploads a file, read from disk while it is sent, and returns its URL.
    package func put(
        _ file: FileSlice, name: String, contentType: String, bucket: String, key: GoogleKey?
    ) async throws(IntegrationError) -> String {
        let base = try base()
        let isLarge = file.count > Self.singleLimit
        let query = Percent.form([("uploadType", isLarge ? "resumable" : "media"), ("name", name)])
        let address = base.appending("/upload/storage/v1/b/\(Percent.encode(bucket))/o", query: query)
        var call = try await call("POST", address, key)
        if isLarge {
            try await putPieces(file, contentType, starting: call)
        } else {
            call[header: "Content-Type"] = contentType
            call.body = file.count == 0 ? .bytes([]) : .file(file)
            try await http.succeed(call, explain: Self.explain)
        }
        return base.appending("/\(Percent.encode(bucket))/\(Percent.encode(name, keepingSlash: true))").text
    }

    /// Deletes every object whose name begins with `prefix`, and returns how many.
    package func clear(prefix: String, bucket: String, key: GoogleKey?) async throws(IntegrationError) -> Int {
        let objects = try base().appending("/storage/v1/b/\(Percent.encode(bucket))/o")
        var count = 0
        var page: String?
        repeat {
            var fields = [("prefix", prefix), ("fields", "items/name,nextPageToken")]
            if let page { fields.append(("pageToken", page)) }
            var address = objects
            address.query = Percent.form(fields.map { (name: $0.0, value: $0.1) })
            let reply = try await http.succeed(try await call("GET", address, key), explain: Self.explain)
            guard let list = try? JSONValue(parsing: reply.body) else {
                throw IntegrationError(.answer, "Cloud Storage at \(address.origin) answered with no list")
            }
            for item in list["items"]?.array ?? [] {
                guard let name = item["name"]?.string else { continue }
                let call = try await call("DELETE", objects.appending("/" + Percent.encode(name)), key)
                let reply = try await http.send(call)
                // Somebody else was faster.
                guard reply.isSuccess || reply.status == 404 else {
                    throw http.failure(of: call, reply, saying: Self.explain(reply))
                }
                count += 1
            }
            page = list["nextPageToken"]?.string
        } while page != nil
        return count
    }

    // MARK: Resumable uploads

    private func putPieces(_ file: FileSlice, _ contentType: String, starting call: HTTPCall)
        async throws(IntegrationError)
    {
        var start = call
        start[header: "X-Upload-Content-Type"] = contentType
        start[header: "X-Upload-Content-Length"] = String(file.count)
        start.body = .bytes([])
        let reply = try await http.succeed(start, explain: Self.explain)
        guard let session = reply.headers["Location"].flatMap(start.address.following) else {
            throw IntegrationError(.answer, "Cloud Storage at \(start.address.origin) began no upload")
        }
        var offset = 0
        var failures = 0
        while offset < file.count {
            let count = min(Self.pieceSize, file.count - offset)
            let range = "bytes \(offset)-\(offset + count - 1)/\(file.count)"
            var piece = HTTPCall("Cloud Storage", "PUT", session, headers: [("Content-Range", range)])
            piece[header: "Authorization"] = call[header: "Authorization"]
            piece.body = .file(FileSlice(file.file, offset: file.offset + offset, count: count))
            piece.retries = .never
            // The session's address is as good as a token.
            piece.secrets = session.query.map { [$0] } ?? []
            do throws(IntegrationError) {
                let reply = try await http.send(piece)
                if reply.isSuccess { return }
                if reply.status == 308 {
                    offset = Self.received(reply) ?? offset + count
                    failures = 0
                    continue
                }
                let error = http.failure(of: piece, reply, saying: Self.explain(reply))
                guard reply.status >= 500 || reply.status == 429 else { throw error }
                try await pause(&failures, error)
            } catch {
                guard [.interrupted, .connection, .timeout].contains(error.code) else { throw error }
                try await pause(&failures, error)
            }
            offset = try await progress(of: piece, total: file.count) ?? file.count
        }
    }

    private func pause(_ failures: inout Int, _ error: IntegrationError) async throws(IntegrationError) {
        failures += 1
        guard failures < Self.attempts else { throw error }
        do {
            try await Task.sleep(for: .milliseconds(500) * (1 << (failures - 1)))
        } catch {
            throw IntegrationError(.shutDown, "the call was given up")
        }
    }

    /// How much the server has; nil if all of it.
    private func progress(of piece: HTTPCall, total: Int) async throws(IntegrationError) -> Int? {
        var question = piece
        question.body = .bytes([])
        question[header: "Content-Range"] = "bytes */\(total)"
        question.retries = .idempotent
        let reply = try await http.send(question)
        if reply.isSuccess { return nil }
        guard reply.status == 308 else { throw http.failure(of: question, reply, saying: Self.explain(reply)) }
        return Self.received(reply) ?? 0
    }

    /// `Range: bytes=0-1048575`
    private static func received(_ reply: HTTPReply) -> Int? {
        reply.headers["Range"].flatMap { $0.split(separator: "-").last }.flatMap { Int($0) }.map { $0 + 1 }
    }

    // MARK: Calls

    /// `STORAGE_EMULATOR_HOST` is what Google's own libraries look at.
    private func base() throws(IntegrationError) -> WebAddress {
        guard let text = http.settings.value("STORAGE_EMULATOR_HOST") else {
            return try WebAddress("https://storage.googleapis.com")
        }
        return try WebAddress(text.contains("://") ? text : "http://\(text)", "the setting STORAGE_EMULATOR_HOST")
    }

    private func call(_ method: String, _ address: WebAddress, _ key: GoogleKey?) async throws(IntegrationError)
        -> HTTPCall
    {
        var call = HTTPCall("Cloud Storage", method, address)
        // Emulators know no accounts.
        if key != nil || http.settings.value("STORAGE_EMULATOR_HOST") == nil {
            call[header: "Authorization"] = "Bearer \(try await tokens.token(key))"
        }
        return call
    }

    /// `{"error":{"code":404,"message":"…"}}`
    private static func explain(_ reply: HTTPReply) -> String? {
        (try? JSONValue(parsing: reply.body))?["error"]?["message"]?.string
    }
}
