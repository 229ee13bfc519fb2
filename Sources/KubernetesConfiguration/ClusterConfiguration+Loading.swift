extension ClusterConfiguration {
    /// The configuration that kubectl would use with these options: the first of
    /// 1. the file of `kubeconfig`, which must exist;
    /// 2. the files that `KUBECONFIG` lists, merged;
    /// 3. `~/.kube/config`;
    /// 4. `server` by itself;
    /// 5. the service account of the pod that this runs in.
    ///
    /// Files that the configuration names are read once here, so that what is wrong with them is said at the start.
    /// Plugins are not run.
    public static func load(
        _ options: ConfigurationOptions = ConfigurationOptions(), host: HostEnvironment = .current
    ) throws(ConfigurationError) -> ClusterConfiguration {
        var lookedFor: [String] = []
        if let kubeconfig = try Kubeconfig.find(options, host, lookedFor: &lookedFor) {
            return try resolve(kubeconfig, options, host)
        }
        // Entries are asked for by name, and there is no file that could have them.
        guard !options.namesEntries else { throw .nothingFound(lookedFor: lookedFor) }
        if options.server != nil { return try resolve(.empty, options, host) }
        lookedFor.append("--server: not given")
        if let pod = try ServiceAccount.configuration(options, host, lookedFor: &lookedFor) { return pod }
        throw .nothingFound(lookedFor: lookedFor)
    }

    private static func resolve(
        _ kubeconfig: Kubeconfig, _ options: ConfigurationOptions, _ host: HostEnvironment
    ) throws(ConfigurationError) -> ClusterConfiguration {
        let context = try context(kubeconfig, options)
        let clusterFields = try entry(.cluster, option: options.cluster, in: context, of: kubeconfig)
        if clusterFields == nil && options.server == nil {
            guard let context else {
                throw .noContext(files: kubeconfig.files, known: kubeconfig.names(.context))
            }
            throw .invalid(context.place.field("cluster"), problem: "is missing; it names a cluster entry")
        }
        let cluster = try KubeconfigCluster(clusterFields ?? .none, options, host)
        let userFields = try entry(.user, option: options.user, in: context, of: kubeconfig)
        let user = try KubeconfigUser(userFields ?? .none, options, host, cluster: cluster)
        let contextNamespace = try context?.string("namespace")
        return ClusterConfiguration(
            server: cluster.server,
            namespace: options.namespace ?? contextNamespace ?? standardNamespace,
            tls: cluster.tls,
            proxy: cluster.proxy,
            credentials: user.credentials,
            impersonation: user.impersonation,
            origin: origin(context: context, cluster: clusterFields))
    }

    private static func context(
        _ kubeconfig: Kubeconfig, _ options: ConfigurationOptions
    ) throws(ConfigurationError) -> KubeconfigFields? {
        if let name = options.context {
            return try kubeconfig.entry(.context, name, namedBy: ConfigurationPlace(key: "--context"))
        }
        guard let current = kubeconfig.currentContext else { return nil }
        return try kubeconfig.entry(.context, current.name, namedBy: current.place)
    }

    /// The entry that an option or else the context names.
    private static func entry(
        _ kind: KubeconfigEntryKind, option: String?, in context: KubeconfigFields?, of kubeconfig: Kubeconfig
    ) throws(ConfigurationError) -> KubeconfigFields? {
        if let name = option {
            return try kubeconfig.entry(kind, name, namedBy: ConfigurationPlace(key: "--\(kind.rawValue)"))
        }
        guard let context, let name = try context.string(kind.rawValue) else { return nil }
        return try kubeconfig.entry(kind, name, namedBy: context.place.field(kind.rawValue))
    }

    private static func origin(context: KubeconfigFields?, cluster: KubeconfigFields?) -> String {
        guard let place = (context ?? cluster)?.place, let entry = place.entry, let file = place.file else {
            return "the server given by --server"
        }
        return "\(entry) of \(file)"
    }
}

extension ConfigurationOptions {
    fileprivate var namesEntries: Bool { context != nil || cluster != nil || user != nil }
}
