internal import CCurl

/// HTTP/1.1 and HTTP/2 over libcurl: requests are `async`, bodies are streams with back-pressure.
///
/// One thread drives all exchanges and sleeps while there are none; connections are pooled and, over HTTP/2, shared.
/// A transport may be used from any task. Redirects are not followed.
///
/// ```swift
/// let transport = try CurlTransport()
/// let response = try await transport.send(HTTPRequest(url: "https://192.0.2.1:6443/version"))
/// let body = try await response.body.collect(limit: 1 << 20)
/// ```
///
/// Guarantees, each with its test in `CurlTransportTests`:
/// - Cancelling the task that sends or reads ends the transfer; nothing of it goes on in the background.
/// - A consumer that does not read holds the sender back; memory stays bounded.
/// - Each limit of ``TimeLimits`` ends the request with an error that names the limit.
/// - A connection that stayed silent until a limit was reached is not used again.
public final class CurlTransport: Sendable {
    /// What requests without a `User-Agent` say.
    public static let userAgent = "remora"

    private let loop: EventLoop

    /// Starts the thread, named `name` for `top -H` and debuggers; connects only where `addresses` allows. Throws ``TransportError`` or, when the system
    /// refuses a thread, `NamedThread.StartFailure`.
    public init(name: String = "curl", addresses: AddressPolicy = .any) throws {
        loop = try EventLoop(name: name, addresses: addresses)
    }

    deinit { loop.stop() }

    /// Ends all exchanges and the thread; later requests fail with kind `shutDown`.
    public func shutDown() { loop.stop() }

    /// Sends a request and returns when the response's head has arrived.
    ///
    /// Any status code is a response, not an error. Throws ``TransportError``, or `CancellationError` if the task was
    /// cancelled.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        try Task.checkCancellation()
        let transfer = try Transfer(request, on: loop)
        guard loop.post(.start(transfer)) else {
            throw TransportError(kind: .shutDown, peer: transfer.peer, detail: "")
        }
        let head = try await transfer.awaitHead()
        return HTTPResponse(body: ResponseBody(transfer, of: self), head: head)
    }

    /// How often the loop has turned.
    package var turns: Int { loop.turns.withLock { $0 } }

    /// The version of libcurl in use, with those of its TLS and HTTP/2 libraries.
    public static var libraryVersion: String { String(cString: curl_version()) }
}
