internal import FoundationEssentials
internal import Glibc
package import HTTPServer
internal import Threading

/// Gives a server TLS, with a certificate that is replaced while it runs.
package final class TLSAcceptor: Sendable {
    /// Where the certificate comes from.
    package enum Source: Sendable, Equatable {
        /// PEM files, looked at again every ten seconds: a new certificate counts for new connections.
        case files(certificate: String, privateKey: String)
        /// Made here, for these names, anew after half of its year.
        case selfMade(names: [String])
        /// The same, signed by an authority.
        case issued(names: [String], by: ServerCertificate)
    }

    private struct State: Sendable {
        var source: Source
        var certificate: ServerCertificate
        var context: TLSContext
        var stamp: [FileStamp]
        var looked: ContinuousClock.Instant
        var made: ContinuousClock.Instant
    }

    /// What tells a file's version: a mounted secret is replaced by turning a link, others by renaming or writing.
    private struct FileStamp: Sendable, Equatable {
        let device: UInt64
        let inode: UInt64
        let seconds: Int
        let nanoseconds: Int
    }

    private let lookInterval: Duration
    private let report: @Sendable (String) -> Void
    private let state: Locked<State>

    private static let validity: Duration = .seconds(365 * 86_400)

    /// - Parameters:
    ///   - lookInterval: how often files are looked at, at most, when connections come.
    ///   - report: told when a new certificate is in use, or why it is not: the one before stays.
    /// - Throws: ``ServerTLSError`` if there is no certificate that can be used.
    package init(
        _ source: Source, lookInterval: Duration = .seconds(10), report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(ServerTLSError) {
        self.lookInterval = lookInterval
        self.report = report
        // The stamp before the text: what is written in between is noticed.
        let stamp = Self.stamp(source)
        let certificate = try Self.load(source)
        state = Locked(
            State(
                source: source, certificate: certificate, context: try TLSContext(certificate), stamp: stamp,
                looked: .now, made: .now))
    }

    /// Takes the certificate from elsewhere from now on, for new connections.
    ///
    /// - Throws: ``ServerTLSError`` if there is none that can be used: then the one before stays.
    package func change(to source: Source) throws(ServerTLSError) {
        let stamp = Self.stamp(source)
        let certificate = try Self.load(source)
        let context = try TLSContext(certificate)
        state.withLock {
            $0 = State(
                source: source, certificate: certificate, context: context, stamp: stamp, looked: .now, made: .now)
        }
    }

    /// The certificate in use, with its chain: what clients need to trust a self-made one. Not the key.
    package var chain: String { state.withLock { $0.certificate.chain } }
    /// The certificate in use alone, for who is to trust this server and no other.
    package var ownCertificate: String { state.withLock { $0.certificate.own } }

    /// Lets a server speak TLS.
    package func secure(_ configuration: inout HTTPServerConfiguration) {
        let before = configuration.initializeChannel
        configuration.isSecure = true
        configuration.initializeChannel = { [self] channel in
            try channel.pipeline.syncOperations.addHandler(TLSHandler(context()))
            try before(channel)
        }
    }

    private func context() -> TLSContext {
        state.withLock { state in
            let now = ContinuousClock.now
            guard now - state.looked >= lookInterval else { return state.context }
            state.looked = now
            let stamp = Self.stamp(state.source)
            let isDue =
                switch state.source {
                case .files: stamp != state.stamp
                case .selfMade, .issued: now - state.made > Self.validity / 2
                }
            guard isDue else { return state.context }
            do throws(ServerTLSError) {
                let certificate = try Self.load(state.source)
                state.context = try TLSContext(certificate)
                state.certificate = certificate
                state.made = now
                state.stamp = stamp
                report("a new certificate is in use")
            } catch {
                // Looked at again next time, also if nothing is written any more: the pair may have been torn.
                report("\(error); the certificate before stays in use")
            }
            return state.context
        }
    }

    private static func load(_ source: Source) throws(ServerTLSError) -> ServerCertificate {
        switch source {
        case .selfMade(let names): return try .selfSigned(names: names, validity: validity)
        case .issued(let names, let authority): return try authority.issue(names: names, validity: validity)
        case .files(let certificate, let key):
            return ServerCertificate(chain: try text(certificate), privateKey: try text(key))
        }
    }

    private static func text(_ path: String) throws(ServerTLSError) -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ServerTLSError("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
    }

    private static func stamp(_ source: Source) -> [FileStamp] {
        guard case .files(let certificate, let key) = source else { return [] }
        return [certificate, key].compactMap { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            return FileStamp(
                device: UInt64(status.st_dev), inode: UInt64(status.st_ino), seconds: status.st_mtim.tv_sec,
                nanoseconds: status.st_mtim.tv_nsec)
        }
    }
}
