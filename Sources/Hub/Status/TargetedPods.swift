internal import Fleet
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
        let matcher = PodTargeting(
            pattern: keys.podRegex, namespaces: keys.namespaces, excludedNamespaces: keys.excludedNamespaces
        ).makeMatcher()
        var targets: [Pod] = []
        var excluded: [Pod] = []
        for pod in pods.sorted(by: { $0.identity.key.description < $1.identity.key.description }) {
            let isMeant = matcher.includes(namespace: pod.metadata.namespace, name: pod.metadata.name)
            if isMeant { targets.append(pod) } else { excluded.append(pod) }
        }
        self.targets = targets
        self.excluded = excluded
    }

    var json: JSONValue {
        ["targets": .array(targets.map(\.outline)), "excluded": .array(excluded.map(\.outline))]
    }
}
