/// Where a client gets its credentials from, again and again: tokens and certificates are rotated while it runs.
public protocol CredentialSource: Sendable {
    /// The credentials for the next request.
    ///
    /// May read files or run a plugin; callers at the same time share one run. A caller whose task is cancelled gets
    /// ``ConfigurationError/cancelled`` at once.
    func credentials() async throws(ConfigurationError) -> Credentials

    /// To be called when the server answered 401 to these: the next call of ``credentials()`` reads or runs again.
    ///
    /// At most once for each value: of many refusals of the same credentials only the first has an effect.
    func refused(_ credentials: Credentials) async
}

/// Credentials that never change.
public struct FixedCredentials: CredentialSource {
    private let value: Credentials

    /// Always these; nobody in particular, unless said otherwise.
    public init(_ credentials: Credentials = Credentials()) { value = credentials }

    /// These.
    public func credentials() async throws(ConfigurationError) -> Credentials { value }

    /// Changes nothing: there are no others.
    public func refused(_ credentials: Credentials) async {}
}
