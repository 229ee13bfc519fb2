public import JSON

// Pods that live: what their replica set, the scheduler and the kubelet would write.
extension KubernetesSimulator {
    /// Creates a pod as its replica set would, with the steps of its life that it has behind it; returns it.
    @discardableResult public func create(
        _ pod: SimulatedPod, after steps: [PodStep] = []
    ) throws(APIStatus) -> JSONValue {
        guard let pods = ResourceCatalog.standard.resource("pods") else { throw .noSuchResource() }
        var created = try carryOut { registry throws(APIStatus) in
            try registry.create(
                pod.object, pods, namespace: pod.namespace,
                .init(scope: .everything, manager: "kube-controller-manager"))
        }.object.value
        for step in steps { created = try advance(pod, by: step) }
        return created
    }

    /// Lets one thing happen to a pod; returns it as it is then. The pod need not be a simulated one.
    @discardableResult public func advance(_ pod: SimulatedPod, by step: PodStep) throws(APIStatus) -> JSONValue {
        guard let pods = ResourceCatalog.standard.resource("pods") else { throw .noSuchResource() }
        return try carryOut { registry throws(APIStatus) in
            var object = try registry.get(pods, namespace: pod.namespace, name: pod.name).value
            step.apply(to: &object, at: registry.now())
            return try registry.update(
                object, pods, namespace: pod.namespace, name: pod.name,
                .init(scope: .everything, manager: step.manager))
        }.object.value
    }
}
