package import CurlTransport
internal import JSON
internal import Timestamps

/// Posts to Slack: by an incoming webhook, or as a bot with files.
package struct Slack: Sendable {
    /// A file to be shared with a message.
    package struct Attachment: Sendable {
        package var title: String
        package var fileName: String
        package var body: FileSlice

        package init(title: String, fileName: String, body: FileSlice) {
            self.title = title
            self.fileName = fileName
            self.body = body
        }
    }

    /// A message that was posted.
    package struct Posted: Sendable, Equatable {
        package var channel: String
        /// Slack's id of the message, `seconds.number`.
        package var stamp: String
    }

    private let http: HTTPClient

    package init(_ http: HTTPClient) { self.http = http }

    // MARK: Incoming webhooks

    /// Posts by an incoming webhook. The URL is a secret. Throws on anything but 200 `ok`.
    package func post(_ message: SlackMessage, webhook url: String) async throws(IntegrationError) {
        let address = try WebAddress(url, "the Slack webhook URL")
        let body: JSONValue = ["attachments": .array([message.attachment(at: http.settings.now())])]
        var call = HTTPCall(
            "Slack", "POST", address, headers: [("Content-Type", "application/json; charset=utf-8")],
            body: .bytes(body.encoded()))
        call.retries = .ifRefused
        call.secrets = [address.path]
        let reply = try await http.send(call)
        guard reply.status == 200, reply.text == "ok" else {
            let words = HTTPClient.beginning(of: reply.body)
            if reply.isSuccess {
                throw IntegrationError(
                    .rejected, "Slack at \(address.origin) did not say ok: is this a webhook's URL?",
                    status: reply.status, body: words
                ).withoutSecrets(call.allSecrets)
            }
            throw http.failure(of: call, reply, saying: words.count <= 80 ? words : nil)
        }
    }

    // MARK: Bots

    /// Posts as a bot.
    package func post(_ message: SlackMessage, channel: String, token: String) async throws(IntegrationError) -> Posted
    {
        let answer = try await ask(
            "chat.postMessage", token,
            json: [
                "channel": .string(channel), "attachments": .array([message.attachment(at: http.settings.now())]),
            ])
        guard let stamp = answer["ts"]?.string else {
            throw IntegrationError(.answer, "Slack answered without the message's id")
        }
        return Posted(channel: answer["channel"]?.string ?? channel, stamp: stamp)
    }

    /// Shares files in the thread of a message; files must not be empty. Slack's third generation of uploads: ask for an
    /// address, send the bytes there, share all of them together.
    package func share(_ files: [Attachment], below message: Posted, token: String) async throws(IntegrationError) {
        var shared: [JSONValue] = []
        for file in files {
            let answer = try await ask(
                "files.getUploadURLExternal", token,
                form: [("filename", file.fileName), ("length", String(file.body.count))])
            guard let url = answer["upload_url"]?.string, let id = answer["file_id"]?.string else {
                throw IntegrationError(.answer, "Slack answered without an upload URL")
            }
            let address = try WebAddress(url, "Slack's upload URL")
            var upload = HTTPCall(
                "Slack", "POST", address, headers: [("Content-Type", "application/octet-stream")],
                body: .file(file.body))
            upload.secrets = [address.path]
            try await http.succeed(upload)
            shared.append(["id": .string(id), "title": .string(file.title)])
        }
        _ = try await ask(
            "files.completeUploadExternal", token,
            json: [
                "files": .array(shared), "channel_id": .string(message.channel), "thread_ts": .string(message.stamp),
            ])
    }

    // MARK: Web API

    private func ask(
        _ method: String, _ token: String, json: JSONValue? = nil, form: [(name: String, value: String)] = []
    ) async throws(IntegrationError) -> JSONValue {
        let base = try http.settings.endpoint("SLACK_API_URL", orElse: "https://slack.com/api/")
        let type = json == nil ? "application/x-www-form-urlencoded" : "application/json; charset=utf-8"
        var call = HTTPCall(
            "Slack", "POST", base.appending(method),
            headers: [("Authorization", "Bearer \(token)"), ("Content-Type", type)],
            body: .bytes(json?.encoded() ?? Array(Percent.form(form).utf8)))
        // A message that was posted twice is worse than one that was not.
        call.retries = .ifRefused
        let reply = try await http.succeed(call)
        guard let answer = try? JSONValue(parsing: reply.body) else {
            throw IntegrationError(.answer, "Slack at \(base.origin) answered with no JSON", status: reply.status)
        }
        if answer["ok"] == true { return answer }
        let word = answer["error"]?.string ?? "unknown_error"
        let needed = answer["needed"]?.string.map { " (needed scope: \($0))" } ?? ""
        let isAboutUs = Self.authenticationErrors.contains(word)
        throw IntegrationError(
            isAboutUs ? .authentication : .rejected, "Slack: \(word)\(needed)", status: reply.status,
            body: HTTPClient.beginning(of: reply.body)
        ).withoutSecrets(call.allSecrets)
    }

    private static let authenticationErrors: Set<String> = [
        "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope",
        "no_permission", "access_denied",
    ]
}
