internal import JSON
internal import KubernetesClient
internal import PodSignals
internal import ScriptStore

/// Which pods capture is about: by name and namespace, as the config map says.
struct TargetedPods {
    let targets: [Pod]
    let excluded: [Pod]

    init(_ pods: [Pod], _ keys: ConfigurationKeys) {
        // The key was checked when it was read; what cannot be compiled here matches nothing.
        let pattern = try? Regex(keys.podRegex)
        let included = Set(keys.namespaces)
        let excludedNamespaces = Set(keys.excludedNamespaces)
        var targets: [Pod] = []
        var excluded: [Pod] = []
        for pod in pods.sorted(by: { $0.identity.key.description < $1.identity.key.description }) {
            let namespace = pod.metadata.namespace
            let isMeant =
                (included.isEmpty || included.contains(namespace)) && !excludedNamespaces.contains(namespace)
                && pattern.map { pod.metadata.name.firstMatch(of: $0) != nil } == true
            if isMeant { targets.append(pod) } else { excluded.append(pod) }
        }
        self.targets = targets
        self.excluded = excluded
    }

    var json: JSONValue {
        ["targets": .array(targets.map(\.outline)), "excluded": .array(excluded.map(\.outline))]
    }
}
