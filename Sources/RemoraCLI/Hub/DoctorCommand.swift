internal import ArgumentParser
internal import Hub
internal import JSON
internal import KubernetesClient

/// `remora doctor`: may the hub do what it has to, and if not, what is to be granted.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check whether a hub can do its work here, and show what is missing.",
        discussion: """
            Asks the API server, as the user of this kubeconfig or, with --service-account, about that account. Looks at \
            the config map, its scripts, the objects that the hub writes to, and at who leads. What is missing is printed \
            on standard output as YAML that `kubectl apply -f -` takes. What a hub does well without is a note, and not \
            part of that.

            Exit status: 0 if nothing is missing or wrong, 1 otherwise.
            """)

    @Option(help: ArgumentHelp("The config map with the scripts.", valueName: "name"))
    var configMap = "kubeshark-config-map"

    @Option(help: ArgumentHelp("The secret with their env.", valueName: "name"))
    var secret = "kubeshark-secret"

    @Option(
        help: ArgumentHelp("Ask for this service account of the namespace, in place of ourselves.", valueName: "name"))
    var serviceAccount: String?

    @Flag(help: "Ask also for what hub.blockPod needs: `remora hub --allow-block-pod`.")
    var allowBlockPod = false

    @Flag(help: "Ask for no more than the hub of manifests/overlays/namespaced needs.")
    var namespaced = false

    @Flag(help: "Ask also for what it takes to keep what containers printed before they died: get on pods/log.")
    var podLogs = false

    @OptionGroup var cluster: ClusterOptions

    func run() async throws {
        let terminal = Terminal()
        do {
            let client = try cluster.client()
            let namespace = cluster.namespace ?? client.configuration.namespace
            let needs = HubPermissions(
                namespace: namespace, configMap: configMap, secret: secret, blocksPods: allowBlockPod,
                readsLogs: podLogs, isNamespaced: namespaced)
            terminal.say("\(client.configuration): asking what \(subject(namespace)) may do")
            var missing: [HubPermissions.Need] = []
            for need in needs.all {
                let isAllowed = try await isAllowed(need, client, namespace)
                let mark =
                    isAllowed
                    ? terminal.styled("ok     ", .good, for: .error) : terminal.styled("missing", .bad, for: .error)
                terminal.say("  \(mark) \(need.review)\(isAllowed ? "" : ": \(need.purpose)")")
                if !isAllowed { missing.append(need) }
            }
            for need in needs.optional {
                let isAllowed = try await isAllowed(need, client, namespace)
                terminal.say(
                    isAllowed
                        ? "  \(terminal.styled("ok     ", .good, for: .error)) \(need.review)"
                        : "  note    may not \(need.review): \(need.purpose); --pod-logs prints what grants it")
            }
            let examination = HubExamination(client: client, namespace: namespace, configMap: configMap)
            let findings = await examination.findings()
            for finding in findings {
                let mark =
                    switch finding.kind {
                    case .note: "note   "
                    case .problem: terminal.styled("problem", .bad, for: .error)
                    case .missing: terminal.styled("missing", .bad, for: .error)
                    }
                terminal.say("  \(mark) \(finding.text)")
            }
            var documents = findings.compactMap(\.manifest)
            if !missing.isEmpty {
                documents.insert(needs.manifest(granting: missing, to: serviceAccount ?? "remora-hub"), at: 0)
            }
            if !documents.isEmpty {
                terminal.print(documents.joined(separator: "\n---\n"))
                terminal.say("Mend it with: remora doctor … | kubectl apply -f -")
            }
            guard documents.isEmpty, !findings.contains(where: { $0.kind == .problem }) else { throw ExitCode.failure }
            terminal.say(terminal.styled("Nothing is missing.", .good, for: .error))
        } catch let code as ExitCode {
            throw code
        } catch {
            terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(error)")
            throw ExitCode.failure
        }
    }

    private func subject(_ namespace: String) -> String {
        serviceAccount.map { "system:serviceaccount:\(namespace):\($0)" } ?? "this user"
    }

    private func isAllowed(
        _ need: HubPermissions.Need, _ client: KubernetesClient, _ namespace: String
    ) async throws -> Bool {
        guard serviceAccount != nil else { return try await client.mayI(need.review).isAllowed }
        let answer = try await client.create(
            .subjectAccessReviews,
            [
                "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                "spec": [
                    "user": .string(subject(namespace)),
                    "groups": [
                        "system:serviceaccounts", .string("system:serviceaccounts:\(namespace)"),
                        "system:authenticated",
                    ],
                    "resourceAttributes": need.review.attributes,
                ],
            ])
        return answer["status"]?["allowed"]?.boolean == true
    }
}
