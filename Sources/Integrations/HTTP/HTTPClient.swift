internal import CurlTransport
internal import Threading
internal import Timestamps
internal import YAML

/// Makes the requests of all integrations: time limits, redirects, retries, the guard of metadata addresses, metrics.
///
/// Promises, each with its test: an answer of any status is an answer, only what keeps one from coming is an error; no
/// error holds a secret of the call; nothing is followed, repeated or waited for beyond the call's total time.
package final class HTTPClient: Sendable {
    package let settings: IntegrationSettings
    package let metrics: IntegrationMetrics
    private let guarded: CurlTransport
    /// A pool of its own: a script's request must not find a connection to the metadata service already made.
    private let metadata: CurlTransport
    private let authorities: TLSSettings.Trust

    /// When whoever asked for a request stops waiting for it: the end of a hook's or job's time.
    @TaskLocal package static var deadline: ContinuousClock.Instant?

    /// Starts the transports' threads.
    package init(settings: IntegrationSettings, metrics: IntegrationMetrics) throws {
        self.settings = settings
        self.metrics = metrics
        guarded = try CurlTransport(
            name: "curl-scripts", addresses: settings.allowsMetadataAddresses ? .any : .withoutMetadata)
        metadata = try CurlTransport(name: "curl-metadata")
        authorities = try settings.trust()
    }

    /// Ends all requests in progress.
    package func shutDown() {
        guarded.shutDown()
        metadata.shutDown()
    }

    /// Makes a request and returns the answer, whatever its status. The answer to the last attempt counts.
    package func send(_ call: HTTPCall) async throws(IntegrationError) -> HTTPReply {
        let start = ContinuousClock.now
        metrics.began(call.service)
        do {
            let total = start + min(call.total, settings.totalLimit)
            let reply = try await attempts(call, deadline: min(total, Self.deadline ?? total))
            metrics.ended(call.service, status: reply.status, after: .now - start)
            return reply
        } catch {
            let error = error.withoutSecrets(call.allSecrets)
            metrics.ended(call.service, code: error.code, after: .now - start)
            throw error
        }
    }

    /// Makes a request, and throws unless the answer is a success. `explain` reads the service's own words out of an
    /// answer that is none.
    @discardableResult
    package func succeed(
        _ call: HTTPCall, explain: (HTTPReply) -> String? = { _ in nil }
    ) async throws(IntegrationError) -> HTTPReply {
        let reply = try await send(call)
        if reply.isSuccess { return reply }
        throw failure(of: call, reply, saying: explain(reply))
    }

    /// The error for an answer that is no success.
    package func failure(of call: HTTPCall, _ reply: HTTPReply, saying words: String?) -> IntegrationError {
        let code: IntegrationError.Code =
            switch reply.status {
            case 401, 403: .authentication
            case 429: .rateLimit
            default: .status
            }
        var message = "\(call.service) at \(call.address.origin) answered \(reply.status)"
        if let words, !words.isEmpty { message += ": \(words)" }
        if let wait = HTTPDate.wait(reply.headers["Retry-After"], now: settings.now()) {
            message += " (asks to wait \(wait.components.seconds) s)"
        }
        return IntegrationError(code, message, status: reply.status, body: Self.beginning(of: reply.body))
            .withoutSecrets(call.allSecrets)
    }

    /// As much of a body as errors keep.
    package static func beginning(of body: [UInt8]) -> String { String(decoding: body.prefix(4096), as: UTF8.self) }

    // MARK: Attempts

    private func attempts(
        _ call: HTTPCall, deadline: ContinuousClock.Instant
    ) async throws(IntegrationError) -> HTTPReply {
        var schedule = RetrySchedule(call.retries)
        while true {
            let result: Result<HTTPReply, IntegrationError>
            do {
                result = .success(try await follow(call, deadline: deadline))
            } catch {
                result = .failure(error)
            }
            let remaining = (call.isUpload ? Self.deadline ?? .now + silence(of: call) : deadline) - .now
            let action = schedule.ended(outcome(result), remaining: remaining, jitter: .random(in: 0...1))
            guard case .wait(let duration) = action else { return try result.get() }
            metrics.repeated(call.service)
            do {
                try await Task.sleep(for: duration)
            } catch {
                throw IntegrationError(.shutDown, "the call was given up")
            }
        }
    }

    private func outcome(_ result: Result<HTTPReply, IntegrationError>) -> RetrySchedule.Outcome {
        switch result {
        case .success(let reply):
            let wait = HTTPDate.wait(reply.headers["Retry-After"], now: settings.now())
            return .answer(status: reply.status, retryAfter: wait)
        case .failure(let error): return [.interrupted, .connection].contains(error.code) ? .broken : .failed
        }
    }

    // MARK: Redirects

    private func follow(
        _ call: HTTPCall, deadline: ContinuousClock.Instant
    ) async throws(IntegrationError) -> HTTPReply {
        var call = call
        var left = call.redirects
        while true {
            let reply = try await exchange(call, deadline: deadline)
            guard [301, 302, 303, 307, 308].contains(reply.status), call.redirects > 0,
                let location = reply.headers["Location"]
            else { return reply }
            guard left > 0 else {
                throw IntegrationError(.redirect, "\(call.address.origin) redirects more than \(call.redirects) times")
            }
            left -= 1
            guard let target = call.address.following(location) else {
                throw IntegrationError(.redirect, "\(call.address.origin) redirects to something that is not http")
            }
            call = call.redirected(to: target, status: reply.status)
        }
    }

    // MARK: One exchange

    private func exchange(
        _ call: HTTPCall, deadline: ContinuousClock.Instant
    ) async throws(IntegrationError) -> HTTPReply {
        if !settings.allowsMetadataAddresses, case .guarded = call.route, Self.namesMetadata(call.address.host) {
            throw IntegrationError(
                .forbiddenAddress,
                "not connecting to \(call.address.origin): \(call.address.host) is a link-local or metadata address"
            )
        }
        let request = try request(for: call, deadline: deadline)
        do {
            let response = try await transport(call.route).send(request)
            let body = try await response.body.collect(limit: call.responseLimit)
            return HTTPReply(
                status: response.status, headers: response.headers, body: body, certificates: response.certificates)
        } catch let error as TransportError {
            throw IntegrationError(error)
        } catch {
            throw IntegrationError(.shutDown, "the call was given up")
        }
    }

    private func request(for call: HTTPCall, deadline: ContinuousClock.Instant) throws(IntegrationError) -> HTTPRequest
    {
        var request = HTTPRequest(method: call.method, url: call.address.text, headers: call.headers)
        if let info = call.address.userInfo, call[header: "Authorization"] == nil {
            request.headers.append(("Authorization", "Basic " + Base64.encode(Array(info.utf8))))
        }
        let remaining = deadline - .now
        switch call.body {
        case .none: break
        case .bytes(let bytes): request.body = bytes
        case .file(let file): request.file = file
        }
        if call.isUpload {
            request.limits = TimeLimits(
                connect: Self.connectLimit, headers: nil, silence: silence(of: call),
                total: Self.deadline.map { max($0 - .now, .milliseconds(1)) })
        } else {
            guard remaining > .zero else {
                throw IntegrationError(
                    .timeout, "\(call.address.origin) took too long: the time of the call is used up")
            }
            request.limits = TimeLimits(connect: Self.connectLimit, headers: nil, silence: nil, total: remaining)
        }
        request.tls = call.tls
        if case .system = call.tls.trust { request.tls.trust = authorities }
        if case .metadata = call.route { request.proxy = .none }
        request.wantsCertificates = call.wantsCertificates
        request.wantsNewConnection = call.wantsCertificates
        return request
    }

    private static let connectLimit: Duration = .seconds(5)

    /// How long nothing may happen in an upload: none of its bytes moving, or a server that asks to wait.
    private func silence(of call: HTTPCall) -> Duration { min(call.silence, settings.totalLimit) }

    private func transport(_ route: HTTPCall.Route) -> CurlTransport {
        switch route {
        case .guarded: guarded
        case .metadata: metadata
        }
    }

    /// Behind a proxy nobody but the name tells what is meant.
    private static func namesMetadata(_ host: String) -> Bool {
        let address = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        return AddressPolicy.withoutMetadata.refuses(address)
            || ["metadata.google.internal", "metadata.google.internal.", "instance-data.ec2.internal"].contains(host)
    }
}

extension HTTPCall {
    /// The call that a redirect asks for (RFC 9110, section 15.4).
    func redirected(to target: WebAddress, status: Int) -> HTTPCall {
        var call = self
        let former = address
        call.address = target
        if [301, 302, 303].contains(status), !["GET", "HEAD"].contains(method) {
            call.method = "GET"
            call.body = .none
            call.headers.removeAll { $0.name.lowercased().hasPrefix("content-") }
        }
        if !target.isSameServer(as: former) {
            call.headers.removeAll { header in
                let name = header.name.lowercased()
                return ["auth", "cookie", "token", "secret", "key"].contains { name.contains($0) }
            }
            call.secrets += allSecrets
        } else if target.userInfo == nil {
            call.address.userInfo = former.userInfo
        }
        return call
    }
}
