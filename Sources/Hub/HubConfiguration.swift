package import Fleet
package import KubernetesClient
package import LeaderElection
package import ScriptRuntime
package import ServerTLS

/// What a hub is started with.
package struct HubConfiguration: Sendable {
    /// The namespace of the config map, the secret, the lease and the status.
    package var namespace: String
    /// The config map with the scripts.
    package var configMap = "kubeshark-config-map"
    /// The secret with their `env`.
    package var secret = "kubeshark-secret"
    /// The only namespace whose pods are watched; nil: all.
    package var watchedNamespace: String?
    /// Where the HTTP API listens; nil: nowhere.
    package var listen: (host: String, port: Int)?
    /// The API's certificate; nil: it speaks plain HTTP.
    package var certificate: TLSAcceptor.Source?
    /// The secret with the authority that signs certificates made here; nil, or if it is not there: each hub signs its own.
    package var authoritySecret: String? = "remora-hub-authority"
    /// The namespaces with a config map `remora-hub-ca`, for workers there.
    package var certificateNamespaces: [String] = []
    /// The image of workers that are put beside pods which ask for it; nil: the hub is no webhook.
    package var injectedImage: String?
    /// The host by which other hubs reach this one's API; nil: ``listen``'s, unless that stands for all addresses.
    package var advertisedHost: String?
    /// A file with the token that the API asks for, in place of the cluster's own authentication.
    package var tokenFile: String?
    /// A file with the token that workers show, in place of tokens of the cluster.
    package var workerTokenFile: String?
    /// The numbers of the workers' connections.
    package var fleet = FleetHubSettings()
    /// Who we are in the election: unique for each process that may run at the same time.
    package var identity: String
    /// The lease; nil: no election, this hub leads.
    package var lease: String? = "remora-hub"
    /// The folder of the delivery journal; nil: none.
    package var stateFolder: String?
    /// The numbers of the election.
    package var election = LeaseElection.Settings()
    /// The numbers of the watches.
    package var reflector = ReflectorSettings()
    /// Budgets, helpers and preludes; `env` comes from the secret.
    package var engine = ScriptEngineConfiguration()
    /// How long scripts may take to finish what they have when the hub ends.
    package var grace: Duration = .seconds(10)
    /// The API asks for no token: for a demonstration on a loopback address.
    package var allowsEverybody = false
    /// Scripts may cut pods off from the network (`hub.blockPod`).
    package var allowsBlockingPods = false
    /// Remora's version, for `remora_build_info`.
    package var version = "0"

    /// The name of the config map that tells what runs.
    package var statusConfigMap: String { "\(configMap)-status" }

    package init(namespace: String, identity: String) {
        self.namespace = namespace
        self.identity = identity
    }
}
