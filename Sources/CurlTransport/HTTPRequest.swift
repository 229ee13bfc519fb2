/// One HTTP request and the terms on which it is made.
public struct HTTPRequest: Sendable {
    /// Which versions of HTTP may be spoken.
    public enum VersionPolicy: Sendable, Hashable {
        /// HTTP/2 where a TLS server offers it, else HTTP/1.1.
        case automatic
        /// HTTP/1.1 only.
        case http1
    }

    /// The method, in capitals.
    public var method: String
    /// The absolute URL, `http` or `https`, percent-encoded (nothing but printable ASCII).
    public var url: String
    /// Sent in this order. `Accept: */*` and a `User-Agent` are added if none is given.
    public var headers: [(name: String, value: String)]
    /// The body, if there is one.
    public var body: [UInt8]?
    /// The body, if it is to be read from a file; then ``body`` is nil. ``TimeLimits/silence`` counts from the last byte
    /// that was taken from the file, ``TimeLimits/headers`` from the start as ever: nil suits large files.
    public var file: FileSlice?
    /// Trust and identity for `https`.
    public var tls: TLSSettings
    /// The way out of this machine.
    public var proxy: ProxySettings
    /// How long each stage may take.
    public var limits: TimeLimits
    /// Which versions of HTTP may be spoken.
    public var versions: VersionPolicy
    /// Whether the server may compress the body with gzip; it arrives unpacked.
    ///
    /// A server that ends the compression too early, in an answer that is complete as HTTP, is not noticed (libcurl 7.88
    /// does not look): ask for compression only where a beginning cannot be taken for the whole, as with JSON.
    public var acceptsCompression: Bool
    /// A connection from the pool is not good enough: make a new one.
    public var wantsNewConnection: Bool
    /// Whether ``HTTPResponse/certificates`` is wanted.
    public var wantsCertificates = false

    /// A request without body, on default terms.
    public init(
        method: String = "GET", url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
        tls: TLSSettings = TLSSettings(), proxy: ProxySettings = .environment, limits: TimeLimits = TimeLimits(),
        versions: VersionPolicy = .automatic, acceptsCompression: Bool = false, wantsNewConnection: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.tls = tls
        self.proxy = proxy
        self.limits = limits
        self.versions = versions
        self.acceptsCompression = acceptsCompression
        self.wantsNewConnection = wantsNewConnection
    }
}

/// How long each stage of a request may take; nil is without limit.
public struct TimeLimits: Sendable, Hashable {
    /// Name resolution, TCP and TLS together.
    public var connect: Duration
    /// From the start until the response's head is complete.
    public var headers: Duration?
    /// Between two pieces of the body. The time in which the consumer itself holds the stream back does not count.
    public var silence: Duration?
    /// The whole request.
    public var total: Duration?

    /// Limits that suit a short exchange with a server nearby.
    public init(
        connect: Duration = .seconds(10), headers: Duration? = .seconds(30), silence: Duration? = .seconds(30),
        total: Duration? = nil
    ) {
        self.connect = connect
        self.headers = headers
        self.silence = silence
        self.total = total
    }
}
