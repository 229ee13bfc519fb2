internal import JSON
package import KubernetesClient
package import ScriptStore
internal import Threading

/// Follows the config map and the secret, and says what is to run whenever that changes.
///
/// What cannot be read leaves what was read before in force, and is a problem that is shown. A config map that is
/// deleted takes no script with it: whoever deletes it to make it anew should not see everything stop; one that holds
/// no scripts does.
package actor ScriptSource {
    /// What is to run, and what is wrong with what was read.
    package struct Reading: Sendable {
        package var set = ScriptSet()
        package var environment = ScriptEnvironment()
        package var keys = ConfigurationKeys()
        /// The texts of the keys that are not about scripts, each the last one that was valid.
        package var texts: [String: String] = [:]
        /// The version of the config map; empty: there is none.
        package var version = ""
        package var configMap: ObjectIdentity?
        package var problems: [String] = []
        /// When the first of the news that led to it came.
        var received: ContinuousClock.Instant?
    }

    private let client: KubernetesClient
    private let namespace: String
    private let name: String
    nonisolated let configMaps: Informer<ConfigMap>
    nonisolated let secrets: Informer<ConfigMap>
    private var reading = Reading()
    private let latest = Locked(Reading())
    private let firstNews = Locked<ContinuousClock.Instant?>(nil)
    private let updates: AsyncStream<Void>
    private let poke: AsyncStream<Void>.Continuation

    private let tally: EventTally

    init(
        client: KubernetesClient, namespace: String, configMap: String, secret: String, settings: ReflectorSettings,
        tally: EventTally
    ) {
        self.client = client
        self.tally = tally
        self.namespace = namespace
        name = configMap
        configMaps = Informer(client: client, selection: .named(configMap, in: namespace), settings: settings)
        secrets = Informer(
            client: client, resource: .secrets, selection: .named(secret, in: namespace), settings: settings)
        (updates, poke) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// What was read last.
    package nonisolated var current: Reading { latest.withLock { $0 } }

    /// How often further secrets are read: there is no watch on them, since their names come and go with a key.
    private static let furtherSecretsInterval: Duration = .seconds(30)

    /// Follows until the task is cancelled; `apply` gets every reading, one after the other.
    func run(_ apply: @escaping @Sendable (Reading) async -> Void) async {
        let maps = configMaps.subscribe()
        let values = secrets.subscribe()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.configMaps.run() }
            group.addTask { await self.secrets.run() }
            group.addTask { for await batch in maps { self.note(batch.events, "configmaps") } }
            group.addTask { for await batch in values { self.note(batch.events, "secrets") } }
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: Self.furtherSecretsInterval)
                    if await !self.reading.keys.environmentSources.isEmpty { self.poke.yield() }
                }
            }
            group.addTask { await self.follow(apply) }
            await group.waitForAll()
        }
    }

    private nonisolated func note(_ events: [InformerEvent<ConfigMap>], _ resource: String) {
        tally.count(events, of: resource)
        firstNews.withLock { $0 = $0 ?? events.first?.received }
        poke.yield()
    }

    private func follow(_ apply: @Sendable (Reading) async -> Void) async {
        // Without permission to read the secret scripts run without `env`, and the problem is shown.
        guard (try? await configMaps.waitUntilSynced()) != nil else { return }
        await waitForSecret()
        for await _ in updates {
            guard configMaps.health.isSynced else { continue }
            await read()
            await apply(reading)
            if Task.isCancelled { return }
        }
    }

    private func waitForSecret() async {
        let secrets = secrets
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await secrets.waitUntilSynced() }
            group.addTask { try? await Task.sleep(for: .seconds(5)) }
            await group.next()
            group.cancelAll()
        }
        poke.yield()
    }

    private func read() async {
        var problems: [String] = []
        reading.received = firstNews.withLock { first in
            defer { first = nil }
            return first
        }
        let key = ObjectKey(namespace: namespace, name: name)
        if let map = configMaps[key] {
            reading.version = map.identity.resourceVersion
            reading.configMap = map.identity
            let invalid = reading.keys.update(from: map.data)
            reading.texts = Self.texts(map.data, invalid: Set(invalid.map(\.key)), before: reading.texts)
            problems += invalid.map(\.description)
            do {
                reading.set = try ScriptSet(data: map.data, shards: try await shards(map.data))
                problems += reading.set.problems.map(\.description)
            } catch {
                problems.append("\(error); the scripts before go on")
            }
        } else {
            problems.append(
                "there is no config map \(key): "
                    + (reading.version.isEmpty ? "no scripts run until there is" : "the scripts before go on"))
            reading.version = ""
        }
        await readEnvironment(&problems)
        reading.problems = problems
        latest.withLock { $0 = reading }
    }

    /// What workers get beside the scripts; an invalid value leaves the one before.
    private static func texts(
        _ data: [String: String], invalid: Set<String>, before: [String: String]
    ) -> [String: String] {
        var texts: [String: String] = [:]
        for (key, text) in data where !key.hasPrefix("SCRIPTING_") && text.utf8.count <= textLimit {
            texts[key] = invalid.contains(key) ? before[key] : text
        }
        return texts
    }

    /// The longest text of a key that we know is a filter of some lines.
    private static let textLimit = 64 << 10

    private func shards(_ data: [String: String]) async throws -> [String: String] {
        var texts: [String: String] = [:]
        for shard in try ShardIndex(parsing: data[ConfigMapKey.shards]).shards {
            let map = try await client.get(ConfigMap.self, namespace: namespace, name: shard.name)
            texts[shard.name] = map.data[ConfigMapKey.scripts]
        }
        return texts
    }

    private func readEnvironment(_ problems: inout [String]) async {
        do {
            var environment = try ScriptEnvironment(secretData: secrets.objects.first?.data ?? [:])
            for source in reading.keys.environmentSources {
                do {
                    // A secret has the shape of a config map, with values in base64.
                    let secret = try await client.get(.secrets, namespace: namespace, name: source.secretName)
                    let data = (secret["data"]?.object ?? [:]).reduce(into: [:]) { $0[$1.key] = $1.value.string }
                    for name in environment.merge(source, secretData: data) {
                        problems.append("secret \(source.secretName), entry \(name): not UTF-8; it is left out of env")
                    }
                } catch {
                    if source.isOptional, (error as? APIError)?.status?.code == 404 { continue }
                    throw error
                }
            }
            reading.environment = environment
        } catch {
            problems.append("env: \(error); the values before stay in force")
        }
        if !secrets.health.isSynced, let error = secrets.health.lastError { problems.append("env: \(error)") }
    }
}
