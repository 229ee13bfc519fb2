internal import FoundationEssentials
internal import HTTPServer
internal import JSON
internal import KubernetesClient
internal import Threading

/// Who may ask the hub's API for what.
///
/// Without a token file the cluster decides: the caller's token is reviewed (TokenReview), and what it may do with
/// `hubs.remora.dev` in the hub's namespace (SubjectAccessReview): `get` to look, `update` to change. Answers are kept for
/// ten seconds. The API server's proxy takes `Authorization` away, so a token may come in `X-Remora-Token` too.
final class HubAuthentication: Sendable {
    enum Verdict: Sendable, Equatable {
        case allowed
        /// Nobody we know: 401.
        case unknown(String)
        /// Somebody who may not: 403.
        case forbidden(String)
    }

    private enum Mode: Sendable {
        case file(String)
        case cluster(KubernetesClient, namespace: String)
        case open
    }

    private struct Known {
        let verdict: Verdict
        let until: ContinuousClock.Instant
    }

    private let mode: Mode
    /// By verb and token; the process forgets it with its end.
    private let known = Locked<[String: Known]>([:])
    private static let remembered: Duration = .seconds(10)
    private static let limit = 1_000

    init(tokenFile: String) { mode = .file(tokenFile) }
    init(client: KubernetesClient, namespace: String) { mode = .cluster(client, namespace: namespace) }
    private init() { mode = .open }
    /// For a demonstration on a loopback address.
    static let open = HubAuthentication()

    func check(_ request: HTTPRequest, verb: String) async -> Verdict {
        let token =
            request.headers["X-Remora-Token"]
            ?? request.headers["Authorization"].flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil }
        switch mode {
        case .open: return .allowed
        case .file(let path):
            guard let token else { return .unknown("send the token as: Authorization: Bearer TOKEN") }
            // Read each time: a token that is replaced counts at once.
            guard let wanted = try? String(contentsOfFile: path, encoding: .utf8) else {
                return .unknown("the hub cannot read its token file")
            }
            return Self.isEqual(token, wanted.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "")
                ? .allowed : .unknown("this is not the token")
        case .cluster(let client, let namespace):
            guard let token else {
                return .unknown("send a token of the cluster as: Authorization: Bearer TOKEN, or X-Remora-Token: TOKEN")
            }
            return await review(token, verb, client, namespace)
        }
    }

    /// In a time that does not tell where they differ.
    static func isEqual(_ a: String, _ b: String) -> Bool {
        let a = Array(a.utf8)
        let b = Array(b.utf8)
        guard !b.isEmpty, a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func review(_ token: String, _ verb: String, _ client: KubernetesClient, _ namespace: String) async
        -> Verdict
    {
        let key = "\(verb) \(token)"
        if let known = known.withLock({ $0[key] }), known.until > .now { return known.verdict }
        let verdict: Verdict
        do {
            let answer = try await client.create(
                .tokenReviews,
                [
                    "apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
                    "spec": ["token": .string(token)],
                ])
            guard answer["status"]?["authenticated"]?.boolean == true, let user = answer["status"]?["user"] else {
                return remember(.unknown("the cluster does not know this token"), key)
            }
            verdict = try await access(user, verb, client, namespace)
        } catch {
            return .unknown("the hub cannot review the token: \(error)")
        }
        return remember(verdict, key)
    }

    private func access(
        _ user: JSONValue, _ verb: String, _ client: KubernetesClient, _ namespace: String
    ) async throws -> Verdict {
        let answer = try await client.create(
            .subjectAccessReviews,
            [
                "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                "spec": [
                    "user": user["username"] ?? "", "groups": user["groups"] ?? [],
                    "resourceAttributes": [
                        "group": "remora.dev", "resource": "hubs", "verb": .string(verb),
                        "namespace": .string(namespace),
                    ],
                ],
            ])
        if answer["status"]?["allowed"]?.boolean == true { return .allowed }
        let name = user["username"]?.string ?? ""
        return .forbidden("\(name) may not \(verb) hubs.remora.dev in namespace \(namespace): grant it by a Role")
    }

    private func remember(_ verdict: Verdict, _ key: String) -> Verdict {
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[key] = Known(verdict: verdict, until: .now + Self.remembered)
        }
        return verdict
    }
}
