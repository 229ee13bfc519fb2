internal import JSON
internal import KubernetesClient

extension ScriptStore {
    /// What scripts see as `env`; empty if there is no secret.
    package func environment() async throws -> ScriptEnvironment {
        let (_, secret) = try await findSecret()
        return try secret.map(Self.environment) ?? ScriptEnvironment()
    }

    /// Writes `env` to the secret, never to the config map. Other entries of the secret stay. Returns whether anything
    /// had to be written.
    @discardableResult
    package func setEnvironment(_ environment: ScriptEnvironment) async throws -> Bool {
        var retry = ConflictRetry(start: .now)
        var random = SystemRandomNumberGenerator()
        while true {
            let (name, existing) = try await findSecret()
            // One that cannot be read is replaced: nobody can use it.
            if let existing, let current = try? Self.environment(of: existing),
                current.values == environment.values
            {
                return false
            }
            var secret = existing ?? newSecret(name)
            if secret["immutable"]?.boolean == true { throw StoreError.immutable(kind: "secret", name: name) }
            var data = secret["data"] ?? [:]
            data[ConfigMapKey.environment] = .string(environment.secretText)
            secret["data"] = data
            do {
                if existing == nil {
                    try await client.create(.secrets, secret, namespace: location.namespace)
                } else {
                    try await client.update(.secrets, secret, namespace: location.namespace, name: name)
                }
                return true
            } catch let error as APIError where error.status?.code == 409 {
                guard let wait = retry.next(at: .now, using: &random) else { throw error }
                try await Task.sleep(for: wait)
            }
        }
    }

    private func findSecret() async throws -> (name: String, object: JSONValue?) {
        try await find(.secrets, name: location.secretName, usualName: StoreLocation.usualSecretName) {
            $0["data"]?[ConfigMapKey.environment] != nil
        }
    }

    private static func environment(of secret: JSONValue) throws -> ScriptEnvironment {
        let data = (secret["data"]?.object ?? [:]).reduce(into: [String: String]()) { $0[$1.key] = $1.value.string }
        return try ScriptEnvironment(secretData: data)
    }

    private func newSecret(_ name: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": [
                "name": .string(name), "namespace": .string(location.namespace),
                "labels": [StoreLocation.createdLabels.key: .string(StoreLocation.createdLabels.value)],
            ],
        ]
    }

    /// Sets an entry of the config map that holds no scripts; nil removes it. Returns whether anything had to be written.
    @discardableResult
    package func setEntry(_ key: String, to text: String?) async throws -> Bool {
        var retry = ConflictRetry(start: .now)
        var random = SystemRandomNumberGenerator()
        while true {
            let (name, existing) = try await findConfigMap()
            guard existing?["data"]?[key]?.string != text else { return false }
            guard var object = existing else {
                throw StoreError.noConfigMap(name: name, namespace: location.namespace)
            }
            var data = object["data"] ?? [:]
            data[key] = text.map(JSONValue.string)
            object["data"] = data
            do {
                try await client.update(.configMaps, object, namespace: location.namespace, name: name)
                return true
            } catch let error as APIError where error.status?.code == 409 {
                guard let wait = retry.next(at: .now, using: &random) else { throw error }
                try await Task.sleep(for: wait)
            }
        }
    }
}
