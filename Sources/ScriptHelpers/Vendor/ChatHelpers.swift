internal import Integrations
internal import JSON
internal import ScriptRuntime

/// `chatgpt.*`
enum ChatHelpers {
    static func all(_ http: HTTPClient) -> [Helper] {
        let chat = ChatCompletion(http)
        return [
            .calling("chatgpt.prompt") { call in
                let tokens = try call.optionalNumber(2, "maxTokens") ?? 1024
                guard let count = Int(exactly: tokens.rounded()), 1...1_000_000 ~= count else {
                    throw HelperError(
                        "chatgpt.prompt: argument 3 (maxTokens) is not a number from 1", name: "TypeError")
                }
                // Models take their time, above all behind a queue of one's own GPUs.
                let answer = try await chat.prompt(
                    call.text(1, "prompt"), key: call.text(0, "apiKey"), tokens: count,
                    total: call.time(upTo: .seconds(60)))
                return .json(.string(answer))
            },
            .quick("chatgpt.sentiment") { _ in
                throw HelperError(
                    "chatgpt.sentiment: Remora brings no lexicon of sentiments; ask a model with chatgpt.prompt",
                    code: "UNAVAILABLE")
            },
        ]
    }
}
