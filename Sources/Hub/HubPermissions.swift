internal import Digests
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
    private let readsLogs: Bool
    private let isNamespaced: Bool

    /// - Parameters:
    ///   - blocksPods: also what `hub.blockPod` needs.
    ///   - readsLogs: also what it takes to keep what containers printed before they died.
    ///   - isNamespaced: no more than a hub needs that watches its own namespace and whose API has tokens of its own.
    package init(
        namespace: String, configMap: String, secret: String, blocksPods: Bool = false, readsLogs: Bool = false,
        isNamespaced: Bool = false
    ) {
        self.isNamespaced = isNamespaced
        self.blocksPods = blocksPods
        self.readsLogs = readsLogs
        self.namespace = namespace
        self.configMap = configMap
        self.secret = secret
    }

    /// What a hub does well without, and tries all the same.
    package var optional: [Need] {
        readsLogs ? [] : [log]
    }

    private var log: Need {
        Need(
            review: AccessReview(
                verb: "get", resource: .pods, subresource: "log", namespace: isNamespaced ? namespace : nil),
            purpose: "what containers printed before they died is not kept beside their packets")
    }

    /// All that it has to be allowed.
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
        let isEverywhere = !isNamespaced
        need(["get", "list", "watch"], .pods, everywhere: isEverywhere, "onPodEvent is never called")
        need(["list", "watch"], .events, everywhere: isEverywhere, "signals that only Events tell are missed")
        if isEverywhere {
            need(["list", "watch"], .nodes, everywhere: true, "lost nodes are noticed only by their pods")
        }
        need(
            ["list", "watch"], .services, everywhere: isEverywhere, "workers do not know services by their addresses")
        need(
            ["list", "watch"], .endpointSlices, everywhere: isEverywhere,
            "workers do not know which service a pod is of")
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
        if isEverywhere {
            need(["create"], .tokenReviews, everywhere: true, "the API lets nobody in")
            need(["create"], .subjectAccessReviews, everywhere: true, "the API lets nobody in")
        }
        if blocksPods {
            let purpose = "hub.blockPod fails"
            need(["patch"], .pods, everywhere: isEverywhere, purpose)
            need(["create"], .networkPolicies, everywhere: isEverywhere, purpose)
            need(["patch"], .networkPolicies, name: PodIsolation.policyName, everywhere: isEverywhere, purpose)
        }
        if readsLogs { needs.append(log) }
        return needs
    }

    /// YAML that grants these to a service account.
    package func manifest(granting needs: [Need], to account: String) -> String {
        let local = needs.filter { $0.review.namespace != nil }
        let global = needs.filter { $0.review.namespace == nil }
        var documents: [String] = []
        for (kind, needs) in [("Role", local), ("ClusterRole", global)] where !needs.isEmpty {
            let rules = rules(needs)
            let name = name(kind, account, rules)
            documents += [role(kind, name, rules), binding(kind, name, account)]
        }
        return documents.joined(separator: "\n---\n")
    }

    /// What role and binding are known by.
    ///
    /// What is granted is part of the name: to apply what is missing later must not take away what was granted before.
    private func name(_ kind: String, _ account: String, _ rules: String) -> String {
        let place = kind == "Role" ? account : "\(account)-\(namespace)"
        return "\(place)-missing-\(SHA256Digest(of: rules).hex.prefix(8))"
    }

    private func metadata(_ kind: String, _ name: String) -> String {
        "metadata:\n  name: \(name)\n" + (kind == "Role" ? "  namespace: \(namespace)\n" : "")
    }

    private func role(_ kind: String, _ name: String, _ rules: String) -> String {
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: \(kind)\n\(metadata(kind, name))rules:\(rules)"
    }

    private func rules(_ needs: [Need]) -> String {
        var rules: [(key: String, verbs: [String])] = []
        for need in needs {
            let key =
                "- apiGroups: [\"\(need.review.resource.group)\"]\n  resources: [\(need.review.resource.plural)"
                + (need.review.subresource.map { "/\($0)" } ?? "") + "]"
                + (need.review.name.map { "\n  resourceNames: [\($0)]" } ?? "")
            if let index = rules.firstIndex(where: { $0.key == key }) {
                rules[index].verbs.append(need.review.verb)
            } else {
                rules.append((key, [need.review.verb]))
            }
        }
        return rules.map { "\n\($0.key)\n  verbs: [\($0.verbs.joined(separator: ", "))]" }.joined()
    }

    private func binding(_ kind: String, _ name: String, _ account: String) -> String {
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: \(kind)Binding\n\(metadata(kind, name))"
            + "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: \(kind)\n  name: \(name)\n"
            + "subjects:\n- kind: ServiceAccount\n  name: \(account)\n  namespace: \(namespace)"
    }
}
