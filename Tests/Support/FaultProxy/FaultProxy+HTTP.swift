/// What a proxy that speaks HTTP can do with requests and responses.
///
/// Of several rules that match a request, the one that was given first counts.
extension FaultProxy {
    /// The latest requests, oldest first: up to 10,000 of them.
    package var requests: [ProxiedRequest] {
        get async throws { try await run { $0.requests.list } }
    }

    /// Answers matching requests instead of the upstream.
    ///
    /// - Parameters:
    ///   - times: how many requests; nil: all of them.
    package func respond(
        with response: CannedResponse, times: Int? = nil,
        to matches: @escaping @Sendable (ProxiedRequest) -> Bool = { _ in true }
    ) async throws {
        try await run { $0.add(HTTPRule(plan: .answer(response), uses: times, matches: matches)) }
    }

    /// Edits the body of the responses to matching requests, line by line; `edit` is called on the proxy's event loop.
    ///
    /// The requests lose their `Accept-Encoding`, so that there are lines to edit; the responses become chunked.
    ///
    /// - Parameters:
    ///   - times: of how many responses; nil: of all.
    package func rewriteLines(
        times: Int? = nil, ofResponsesTo matches: @escaping @Sendable (ProxiedRequest) -> Bool = { _ in true },
        _ edit: @escaping @Sendable ([UInt8]) -> LineEdit
    ) async throws {
        try await run { $0.add(HTTPRule(plan: .editLines(edit), uses: times, matches: matches)) }
    }

    /// Lets all further requests pass; responses that are being edited stay so to their end.
    package func removeRules() async throws {
        try await run { $0.removeRules() }
    }
}
