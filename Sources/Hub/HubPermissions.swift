package import KubernetesClient

/// What a hub has to be allowed, and why: the one list from which `remora doctor` asks and grants.
package struct HubPermissions: Sendable {
    /// One permission.
    package struct Need: Sendable {
        package let review: AccessReview
        /// What does not work without it.
        package let purpose: String
    }

    private let namespace: String
    private let configMap: String
    private let secret: String
    private let blocksPods: Bool

    /// `blocksPods`: also what `hub.blockPod` needs.
    package init(namespace: String, configMap: String, secret: String, blocksPods: Bool = false) {
        self.blocksPods = blocksPods
        self.namespace = namespace
        self.configMap = configMap
        self.secret = secret
    }

    /// All of them.
    package var all: [Need] {
        var needs: [Need] = []
        func need(
            _ verbs: [String], _ resource: APIResource, name: String? = nil, everywhere: Bool = false, _ purpose: String
        ) {
            needs += verbs.map { verb in
                Need(
                    review: AccessReview(
                        verb: verb, resource: resource, namespace: everywhere ? nil : namespace, name: name),
                    purpose: purpose)
            }
        }
        need(["get", "list", "watch"], .pods, everywhere: true, "onPodEvent is never called")
        need(["list", "watch"], .events, everywhere: true, "signals that only Events tell are missed")
        need(["list", "watch"], .nodes, everywhere: true, "lost nodes are noticed only by their pods")
        need(["list", "watch"], .services, everywhere: true, "workers do not know services by their addresses")
        need(["list", "watch"], .endpointSlices, everywhere: true, "workers do not know which service a pod is of")
        need(["list", "watch"], .configMaps, name: configMap, "no script runs")
        // Their names are not known before: they end in a hash of what they hold.
        need(["get"], .configMaps, "scripts beyond the size of one config map do not run")
        need(["list", "watch"], .secrets, name: secret, "scripts have no env")
        need(
            ["get", "update"], .secrets, name: "remora-hub-authority",
            "workers have to trust each hub's own certificate")
        need(["get", "update"], .leases, name: "remora-hub", "no hub leads")
        need(["create"], .leases, "no hub leads")
        need(["patch"], .configMaps, name: "\(configMap)-status", "the status config map is not written")
        need(["create"], .events, "nothing is reported about the config map")
        need(["create"], .tokenReviews, everywhere: true, "the API lets nobody in")
        need(["create"], .subjectAccessReviews, everywhere: true, "the API lets nobody in")
        if blocksPods {
            let purpose = "hub.blockPod fails"
            need(["patch"], .pods, everywhere: true, purpose)
            need(["create"], .networkPolicies, everywhere: true, purpose)
            need(["patch"], .networkPolicies, name: PodIsolation.policyName, everywhere: true, purpose)
        }
        return needs
    }

    /// YAML that grants these to a service account.
    package func manifest(granting needs: [Need], to account: String) -> String {
        let local = needs.filter { $0.review.namespace != nil }
        let global = needs.filter { $0.review.namespace == nil }
        var documents: [String] = []
        if !local.isEmpty { documents += [role("Role", local, account), binding("Role", account)] }
        if !global.isEmpty { documents += [role("ClusterRole", global, account), binding("ClusterRole", account)] }
        return documents.joined(separator: "\n---\n")
    }

    private func name(_ kind: String, _ account: String) -> String {
        kind == "Role" ? "\(account)-missing" : "\(account)-\(namespace)-missing"
    }

    private func role(_ kind: String, _ needs: [Need], _ account: String) -> String {
        var text =
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: \(kind)\nmetadata:\n  name: \(name(kind, account))\n"
        if kind == "Role" { text += "  namespace: \(namespace)\n" }
        text += "rules:"
        var rules: [(key: String, verbs: [String])] = []
        for need in needs {
            let key =
                "- apiGroups: [\"\(need.review.resource.group)\"]\n  resources: [\(need.review.resource.plural)]"
                + (need.review.name.map { "\n  resourceNames: [\($0)]" } ?? "")
            if let index = rules.firstIndex(where: { $0.key == key }) {
                rules[index].verbs.append(need.review.verb)
            } else {
                rules.append((key, [need.review.verb]))
            }
        }
        for rule in rules { text += "\n\(rule.key)\n  verbs: [\(rule.verbs.joined(separator: ", "))]" }
        return text
    }

    private func binding(_ kind: String, _ account: String) -> String {
        var text =
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: \(kind)Binding\nmetadata:\n  name: \(name(kind, account))\n"
        if kind == "Role" { text += "  namespace: \(namespace)\n" }
        return text
            + "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: \(kind)\n  name: \(name(kind, account))\n"
            + "subjects:\n- kind: ServiceAccount\n  name: \(account)\n  namespace: \(namespace)"
    }
}
