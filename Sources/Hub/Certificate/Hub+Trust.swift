internal import JSON
internal import KubernetesClient
internal import ServerTLS
internal import Threading

/// Whom others have to trust to talk to this hub, and how they learn of it: clients, workers, the API server.
extension Hub {
    /// What clients need to trust us; nil where they have to know whom to trust.
    var madeCertificate: String? {
        guard case .selfMade = configuration.certificate else { return nil }
        return authority.withLock { $0 } ?? certificate.withLock { $0 }?.chain
    }

    /// From the first moment on the API has a certificate of its own; as soon as the authority can be had, one of that.
    func takeAuthority() async {
        guard let secret = configuration.authoritySecret, case .selfMade(let names) = configuration.certificate,
            let acceptor = certificate.withLock({ $0 })
        else { return }
        let source = HubAuthority(client: client, namespace: configuration.namespace, secret: secret)
        while !Task.isCancelled {
            do {
                let taken = try await source.take()
                try acceptor.change(to: .issued(names: names, by: taken))
                authority.withLock { $0 = taken.own }
                statusNews.continuation.yield()
                return
            } catch let error as APIError where [403, 404].contains(error.status?.code) {
                return log.info(
                    "There is no authority: this hub's certificate is known to its own clients alone",
                    [("err", "\(error)")])
            } catch {
                log.warning("The authority could not be had", [("err", "\(error)")])
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }

    /// Answers the API server's question about a pod; nil: this hub injects nothing. Any hub does, whether it leads or not.
    func inject(_ review: JSONValue) -> JSONValue? {
        injection.withLock { $0 }?.answer(review, certificate: madeCertificate)
    }

    func keepWebhook() async {
        guard let image = configuration.injectedImage else { return }
        let webhook = WebhookAuthority(client: client)
        var written: (certificate: String, time: ContinuousClock.Instant)?
        while !Task.isCancelled {
            do {
                if injection.withLock({ $0 == nil }) {
                    let made = WorkerInjection(
                        image: image, namespace: configuration.namespace,
                        hasNativeSidecars: try await webhook.hasNativeSidecars())
                    injection.withLock { $0 = made }
                }
                // Written again now and then: who replaces the object takes it away.
                if mayAct, let certificate = authority.withLock({ $0 }),
                    written.map({ $0.certificate != certificate || .now - $0.time > .seconds(600) }) ?? true
                {
                    try await webhook.write(certificate)
                    written = (certificate, .now)
                }
            } catch {
                log.warning("The webhook could not be kept", [("err", "\(error)")])
            }
            try? await Task.sleep(for: .seconds(5))
        }
    }

    func copyCertificate() async {
        guard !configuration.certificateNamespaces.isEmpty else { return }
        let copies = CertificateCopies(client: client, namespaces: configuration.certificateNamespaces, log: log)
        while !Task.isCancelled {
            // Without the authority it is the leader's own, which workers would have to learn anew with each leader.
            if mayAct, let certificate = madeCertificate { await copies.write(certificate) }
            try? await Task.sleep(for: .seconds(5))
        }
    }
}
