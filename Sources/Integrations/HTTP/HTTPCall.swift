package import CurlTransport

/// One request of an integration, with all that decides how it is made.
package struct HTTPCall: Sendable {
    /// What is sent behind the head.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        case file(FileSlice)
    }

    /// By which way the server is reached.
    package enum Route: Sendable {
        /// As scripts may: not to metadata addresses, unless a setting allows it.
        case guarded
        /// To the cloud's metadata service, for our own credentials.
        case metadata
    }

    /// Who asks, for messages and metrics: `Slack`, `S3`.
    package var service: String
    package var method: String
    package var address: WebAddress
    package var headers: [(name: String, value: String)]
    package var body: Body
    /// Redirects to follow; services with an API do not redirect, and get 0.
    package var redirects = 0
    package var retries = RetryPolicy.idempotent
    package var route = Route.guarded
    /// Total time, attempts and waits included.
    package var total: Duration = .seconds(30)
    /// Uploads have no total, but each of these may pass without progress.
    package var silence: Duration = .seconds(60)
    package var tls = TLSSettings()
    package var responseLimit = 1 << 20
    /// What must stand in no message. The `Authorization` header needs no mention.
    package var secrets: [String] = []
    package var wantsCertificates = false

    package init(
        _ service: String, _ method: String, _ address: WebAddress,
        headers: [(name: String, value: String)] = [], body: Body = .none
    ) {
        self.service = service
        self.method = method
        self.address = address
        self.headers = headers
        self.body = body
    }

    /// A header's value, whatever the case of its name.
    package subscript(header name: String) -> String? {
        get { headers.first { $0.name.lowercased() == name.lowercased() }?.value }
        set {
            headers.removeAll { $0.name.lowercased() == name.lowercased() }
            if let newValue { headers.append((name, newValue)) }
        }
    }

    var isUpload: Bool { if case .file = body { true } else { false } }

    /// How long a secret must be to be worth looking for; a shorter one would cut harmless words to pieces.
    private static let secretLength = 4

    /// What is cut out of messages.
    var allSecrets: [String] {
        var all = secrets
        if let value = self[header: "Authorization"] {
            all.append(value)
            all += value.split(separator: " ").dropFirst().map(String.init)
        }
        if let info = address.userInfo { all += [info] + info.split(separator: ":").dropFirst().map(String.init) }
        return all.filter { $0.utf8.count >= Self.secretLength }
            .sorted { $0.utf8.count > $1.utf8.count }
    }
}

/// The whole answer.
package struct HTTPReply: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// What the server has shown, if it was asked for.
    package var certificates: [String] = []

    package var isSuccess: Bool { 200..<300 ~= status }

    package var text: String { String(decoding: body, as: UTF8.self) }
}
