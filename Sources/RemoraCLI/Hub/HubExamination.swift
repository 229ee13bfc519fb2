internal import KubernetesClient
internal import ScriptCheck
internal import ScriptStore
internal import Threading
internal import Timestamps

/// Looks at what a hub reads and writes, beyond permissions: what is missing, and what is wrong in it.
struct HubExamination: Sendable {
    /// One thing that somebody should know.
    struct Finding: Sendable, Equatable {
        enum Kind: Sendable { case note, problem, missing }
        let kind: Kind
        let text: String
        /// YAML that mends it.
        var manifest: String?
    }

    let client: KubernetesClient
    let namespace: String
    let configMap: String

    /// Everything, in the order in which a hub comes across it. What may not be read is the business of the permissions.
    func findings() async -> [Finding] {
        var findings: [Finding] = []
        switch await read(configMap) {
        case .there(let map): findings += await scripts(map)
        case .absent:
            findings.append(
                Finding(
                    kind: .missing, text: "config map \(namespace)/\(configMap): no scripts run until there is one",
                    manifest: manifest(configMap)))
        case .unknown: break
        }
        if case .absent = await read("\(configMap)-status") {
            findings.append(
                Finding(
                    kind: .missing,
                    text:
                        "config map \(namespace)/\(configMap)-status: a hub that may not create config maps writes no status",
                    manifest: manifest("\(configMap)-status")))
        }
        if let lease = try? await client.lease(ObjectKey(namespace: namespace, name: "remora-hub")) {
            findings.append(leader(lease))
        } else {
            findings.append(Finding(kind: .note, text: "no hub has led here yet, or its lease may not be read"))
        }
        return findings
    }

    private enum Answer {
        case there(ConfigMap)
        case absent
        case unknown
    }

    private func read(_ name: String) async -> Answer {
        do {
            return .there(try await client.get(ConfigMap.self, namespace: namespace, name: name))
        } catch let error as APIError where error.status?.code == 404 {
            return .absent
        } catch {
            return .unknown
        }
    }

    private func manifest(_ name: String) -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\n  namespace: \(namespace)"
    }

    private func leader(_ lease: Lease) -> Finding {
        let age = lease.renewed.map { (Timestamp.now() - $0).components.seconds } ?? .max
        if lease.holder.isEmpty { return Finding(kind: .note, text: "no hub leads: the last one ended in good order") }
        if age > Int64(lease.durationSeconds) {
            return Finding(kind: .problem, text: "no hub leads: \(lease.holder) was heard of \(age) s ago")
        }
        return Finding(kind: .note, text: "\(lease.holder) leads")
    }

    private func scripts(_ map: ConfigMap) async -> [Finding] {
        var findings: [Finding] = []
        var keys = ConfigurationKeys()
        findings += keys.update(from: map.data).map { Finding(kind: .problem, text: "\($0)") }
        let set: ScriptSet
        do {
            var texts: [String: String] = [:]
            for shard in try ShardIndex(parsing: map.data[ConfigMapKey.shards]).shards {
                let part = try await client.get(ConfigMap.self, namespace: namespace, name: shard.name)
                texts[shard.name] = part.data[ConfigMapKey.scripts]
            }
            set = try ScriptSet(data: map.data, shards: texts)
        } catch {
            return findings + [Finding(kind: .problem, text: "\(error)")]
        }
        findings += set.problems.map { Finding(kind: .problem, text: $0.description) }
        guard let check = ScriptCheck() else { return findings }
        for script in set.scripts where script.isActive {
            for finding in await Self.syntaxErrors(script.code, check) {
                findings.append(
                    Finding(
                        kind: .problem,
                        text: "script \(script.index) (\(script.trimmedTitle)) at line \(finding.line), column "
                            + "\(finding.column): \(finding.message)"))
            }
        }
        return findings
    }

    /// On a thread of its own: the parser needs time and a deep stack.
    private static func syntaxErrors(_ code: String, _ check: ScriptCheck) async -> [CheckFinding] {
        await withCheckedContinuation { continuation in
            do {
                try NamedThread.start("script-check") {
                    let findings = check.check(code).findings
                    continuation.resume(returning: findings.filter { $0.kind == .syntax && $0.severity == .error })
                }
            } catch {
                // No thread to be had: the hub says it.
                continuation.resume(returning: [])
            }
        }
    }
}
