internal import JSON

/// Asks a language model behind OpenAI's chat API, or one that is compatible.
package struct ChatCompletion: Sendable {
    /// Small, cheap and current; `OPENAI_MODEL` chooses another.
    static let defaultModel = "gpt-4o-mini"

    private let http: HTTPClient

    package init(_ http: HTTPClient) { self.http = http }

    /// The answer to a prompt, without white space around it.
    package func prompt(
        _ text: String, key: String, tokens: Int, total: Duration
    ) async throws(IntegrationError) -> String {
        do {
            return try await ask(text, key, tokens, "max_completion_tokens", total)
        } catch {
            // Older servers know the limit by its former name only.
            guard error.status == 400, error.body?.contains("max_completion_tokens") ?? false else { throw error }
            return try await ask(text, key, tokens, "max_tokens", total)
        }
    }

    private func ask(
        _ text: String, _ key: String, _ tokens: Int, _ limitName: String, _ total: Duration
    ) async throws(IntegrationError) -> String {
        let base = try http.settings.endpoint("OPENAI_BASE_URL", orElse: "https://api.openai.com/v1")
        var body: JSONValue = [
            "model": .string(http.settings.value("OPENAI_MODEL") ?? Self.defaultModel),
            "messages": [["role": "user", "content": .string(text)]],
        ]
        body[limitName] = .integer(Int64(tokens))
        var call = HTTPCall(
            "OpenAI", "POST", base.appending("/chat/completions"),
            headers: [("Authorization", "Bearer \(key)"), ("Content-Type", "application/json")],
            body: .bytes(body.encoded()))
        call.total = total
        let reply = try await http.succeed(call) { reply in
            (try? JSONValue(parsing: reply.body))?["error"]?["message"]?.string
        }
        guard let answer = try? JSONValue(parsing: reply.body),
            let content = answer["choices"]?[0]?["message"]?["content"]?.string
        else { throw IntegrationError(.answer, "OpenAI at \(base.origin) answered without a choice") }
        return content.trimmed
    }
}

extension String {
    /// The text without white space around it.
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
