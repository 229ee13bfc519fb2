internal import Fleet
internal import JSON
internal import KubernetesClient
internal import Threading
internal import Timestamps

/// Writes what became of the scripts where users look: a config map by server-side apply, and Events on the config map.
/// The leader alone does, and only on changes.
actor StatusPublisher {
    private let client: KubernetesClient
    private let configuration: HubConfiguration
    private let log: HubLog
    private let mayAct: @Sendable () -> Bool
    private let certificate: @Sendable () -> String?
    private var published: JSONValue?
    private var failure: String?
    private var reported: [Int: ReportedOutcome] = [:]
    private var reportedProblems: [String] = []

    private struct ReportedOutcome: Equatable {
        let state: ScriptOutcome.State
        let revision: String?
        let error: String?
    }

    init(
        client: KubernetesClient, configuration: HubConfiguration, log: HubLog, mayAct: @escaping @Sendable () -> Bool,
        certificate: @escaping @Sendable () -> String?
    ) {
        self.client = client
        self.configuration = configuration
        self.log = log
        self.mayAct = mayAct
        self.certificate = certificate
    }

    /// Writes a status if it differs from the last one in more than its time and its counts of calls. False if it is to
    /// be tried again.
    func publish(_ status: HubStatus, about configMap: ObjectIdentity?) async -> Bool {
        guard mayAct() else { return false }
        var essence = status.published
        for member in ["time", "pods"] { essence[member] = nil }
        essence["scripts"] = .array(
            status.scripts.map { script in
                var script = script.json
                for member in ["calls", "dropped", "failures"] { script[member] = nil }
                return script
            })
        essence["workers"] = .array(
            status.published["workers"]?.array?.map { worker in
                var worker = worker
                for member in ["since", "counters", "scripts", "pushMilliseconds"] { worker[member] = nil }
                return worker
            } ?? [])
        let certificate = certificate()
        essence["certificate"] = certificate.map(JSONValue.string)
        guard essence != published else { return true }
        var data: JSONValue = [
            "revision": .string(status.revision), "configMapVersion": .string(status.configMapVersion),
            "summary": .string(Self.summary(status)),
            "status.json": .string(String(decoding: status.published.encoded(indent: 2), as: UTF8.self)),
        ]
        // For whoever asks the hub without the API server in between, and has to trust it.
        data["tls.crt"] = certificate.map(JSONValue.string)
        let object: JSONValue = [
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": [
                // No labels: they are those of who made it, and Helm refuses to share a field.
                "name": .string(configuration.statusConfigMap), "namespace": .string(configuration.namespace),
            ],
            "data": data,
        ]
        do {
            try await client.patch(
                .configMaps, .apply(object, fieldManager: "remora-hub", force: true),
                namespace: configuration.namespace,
                name: configuration.statusConfigMap)
            published = essence
            failure = nil
        } catch {
            // Once for each reason: it is tried again and again.
            if failure != "\(error)" { log.warning("Status config map could not be written", [("err", "\(error)")]) }
            failure = "\(error)"
        }
        if let configMap { await reportChanges(status, about: configMap) }
        return published == essence
    }

    private static func summary(_ status: HubStatus) -> String {
        var words = ["\(status.count(.running)) running"]
        for state in [ScriptOutcome.State.outdated, .rejected, .quarantined, .inactive] where status.count(state) > 0 {
            words.append("\(status.count(state)) \(state.rawValue)")
        }
        if let script = status.scripts.first(where: { $0.error != nil && $0.state != .running }) {
            let place = script.line.map { " at line \($0)\(script.column.map { ", column \($0)" } ?? "")" } ?? ""
            words.append("script \(script.index) (\(script.title)): \(script.error ?? "")\(place)")
        }
        if !status.workers.isEmpty {
            switch status.rollout?.phase {
            case .stage(let number, let count, _): words.append("stage \(number) of \(count) of a roll-out")
            case .takenBack(let reason): words.append("taken back: \(reason)")
            case .settled, nil: break
            }
            words.append("\(status.count(FleetWorkerStatus.State.current)) of \(status.workers.count) workers current")
        }
        return words.joined(separator: ", ")
    }

    private func reportChanges(_ status: HubStatus, about configMap: ObjectIdentity) async {
        // The first time it is only noted: a hub that starts changes nothing.
        let isFirst = reported.isEmpty
        for script in status.scripts {
            let outcome = ReportedOutcome(
                state: script.state, revision: script.revision, error: script.state == .running ? nil : script.error)
            guard reported[script.index] != outcome else { continue }
            reported[script.index] = outcome
            switch script.state {
            case .running where !isFirst:
                await report(
                    .normal, "ScriptLoaded",
                    "Script \(script.index) (\(script.title)) runs, revision \(script.revision?.prefix(12) ?? "")",
                    configMap)
            case .outdated, .rejected:
                let place = script.line.map { " at line \($0)\(script.column.map { ", column \($0)" } ?? "")" } ?? ""
                let rest = script.state == .outdated ? "; the version before goes on" : ""
                await report(
                    .warning, "ScriptRejected",
                    "Script \(script.index) (\(script.title)): \(script.error ?? "")\(place)\(rest)", configMap)
            case .quarantined:
                await report(
                    .warning, "ScriptQuarantined",
                    "Script \(script.index) (\(script.title)) rests until its next edit: \(script.error ?? "")",
                    configMap)
            default: break
            }
        }
        if status.problems != reportedProblems {
            reportedProblems = status.problems
            for problem in status.problems.prefix(5) {
                await report(.warning, "ConfigurationInvalid", problem, configMap)
            }
        }
    }

    private func report(
        _ severity: EventReport.Severity, _ reason: String, _ message: String, _ configMap: ObjectIdentity
    ) async {
        let event = EventReport(
            about: configMap, of: .configMaps, severity, reason: reason, message: message,
            reporter: "remora.dev/hub", instance: configuration.identity)
        do {
            try await client.report(event, at: .now())
        } catch {
            log.warning("Event could not be reported", [("reason", reason), ("err", "\(error)")])
        }
    }
}
