/// Which config map and which secret hold the scripts.
package struct StoreLocation: Sendable, Hashable {
    /// The namespace of both.
    package var namespace: String
    /// The config map's name; nil: the usual one or, if that is not there, one that its label tells.
    package var configMapName: String?
    /// The secret's name; nil: the usual one.
    package var secretName: String?

    /// The name that Kubeshark gives its config map.
    package static let usualConfigMapName = "kubeshark-config-map"
    /// The name that Kubeshark gives its secret.
    package static let usualSecretName = "kubeshark-secret"
    /// The labels by which both can be found, the newer first. Charts in GitOps mode name the objects otherwise.
    static let labelSelectors = ["app.kubeshark.com/app=hub", "app.kubeshark.co/app=hub"]
    /// The label that Remora gives to objects that it creates.
    static let createdLabels = (key: "app.kubeshark.com/app", value: "hub")

    /// A place in a namespace.
    package init(namespace: String, configMapName: String? = nil, secretName: String? = nil) {
        self.namespace = namespace
        self.configMapName = configMapName
        self.secretName = secretName
    }
}

/// How large config maps may become.
package struct StoreLimits: Sendable {
    /// What the API server accepts: the values of all entries together (core/v1 validation, `MaxSecretSize`).
    package var configMapBytes = 1 << 20
    /// Up to here the first config map is filled; the rest is room for other keys.
    package var fillBytes = 900 << 10
    /// From which share of ``configMapBytes`` on people are warned.
    package var warningShare = 0.75
    /// Whether scripts may be put into further config maps. Upstream's own hub does not see those.
    package var allowsShards = true

    /// The limits of Kubernetes.
    package init() {}
}
