package import CurlTransport

/// What a worker's end of the fleet is started with.
package struct FleetWorkerConfiguration: Sendable {
    /// The hub's URL, `http` or `https`.
    package var hub: String
    /// The file with the token; read anew for every request, since the kubelet replaces it.
    package var tokenFile: String?
    /// Whom to trust.
    package var tls = TLSSettings()
    /// The file with the authorities that are trusted in place of `tls.trust`, PEM; read anew for every request, since the
    /// hub's certificate changes, and may be there later than the worker.
    package var authoritiesFile: String?
    /// The worker's name, unique among those that run.
    package var worker: String
    /// Its node.
    package var node: String
    package var scope: FleetHello.Scope
    package var version = "0"
    /// Where the last good set is kept; nil: nowhere.
    package var folder: String?
    /// A hub that sends nothing for so long is gone. Three times its heartbeat and a little.
    package var silence: Duration = .seconds(35)
    /// The first pause before connecting again, and the longest.
    package var firstDelay: Duration = .milliseconds(250)
    package var delayLimit: Duration = .seconds(15)

    package init(hub: String, worker: String, node: String, scope: FleetHello.Scope? = nil) {
        self.hub = hub.hasSuffix("/") ? String(hub.dropLast()) : hub
        self.worker = worker
        self.node = node
        self.scope = scope ?? .node(node)
    }
}
