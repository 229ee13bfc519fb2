package import CurlTransport
internal import FoundationEssentials
package import JSON
package import Timestamps

/// What decides where integrations go and how, all of it values, so that tests need not change their process.
///
/// Most settings are variables of the environment, as the services' own tools have them. Where it makes sense to choose
/// for scripts alone, the scripts' `env` (the secret's `SCRIPTING_ENV`) is asked first: see ``value(_:)``.
package struct IntegrationSettings: Sendable {
    /// The process's environment: ambient credentials are looked for here only.
    package var process: [String: String]
    /// The scripts' `env`.
    package var scripts: [String: String]
    /// Whether requests may go to link-local and metadata addresses (`REMORA_ALLOW_METADATA_ADDRESSES=true`).
    ///
    /// Off, so that whoever may edit a script cannot take the node's cloud credentials.
    package var allowsMetadataAddresses: Bool
    /// Where a container has its metadata and credentials; replaced in tests.
    package var metadataEndpoint = "http://169.254.169.254"
    package var googleMetadataEndpoint = "http://metadata.google.internal"
    /// No request takes longer than this, waits and repetitions included; uploads are exempt. What a script waits for in a
    /// hook has to end long before the hook's own limit.
    package var totalLimit: Duration = .seconds(60)
    /// The wall clock.
    package var now: @Sendable () -> Timestamp = { Timestamp.now() }

    /// Settings from the process's environment and the scripts' `env`.
    package init(process: [String: String] = [:], scriptEnvironment: JSONValue = [:]) {
        self.process = process.filter { !$0.value.isEmpty }
        scripts = (scriptEnvironment.object ?? [:]).reduce(into: [:]) { texts, member in
            switch member.value {
            case .string(let text): if !text.isEmpty { texts[member.key] = text }
            case .integer, .double, .boolean: texts[member.key] = member.value.description
            case .null, .array, .object: break
            }
        }
        allowsMetadataAddresses = process["REMORA_ALLOW_METADATA_ADDRESSES"]?.lowercased() == "true"
    }

    /// Those of this process.
    package static func current(scriptEnvironment: JSONValue = [:]) -> IntegrationSettings {
        IntegrationSettings(process: ProcessInfo.processInfo.environment, scriptEnvironment: scriptEnvironment)
    }

    /// A setting, from the scripts' `env` or else the process's environment.
    package func value(_ name: String) -> String? { scripts[name] ?? process[name] }

    /// A service's address that a setting replaces; the first of the names that is set counts.
    package func endpoint(_ names: String...) throws(IntegrationError) -> WebAddress? { try endpoint(of: names) }

    /// A service's address, or what a setting puts in its place.
    package func endpoint(_ names: String..., orElse standard: String) throws(IntegrationError) -> WebAddress {
        if let address = try endpoint(of: names) { return address }
        return try WebAddress(standard)
    }

    private func endpoint(of names: [String]) throws(IntegrationError) -> WebAddress? {
        for name in names {
            if let text = value(name) { return try WebAddress(text, "the setting \(name)") }
        }
        return nil
    }

    /// The authorities that servers' certificates may be signed by: the system's, and with `REMORA_EXTRA_CA_FILE` those of
    /// a PEM file besides.
    package func trust() throws -> TLSSettings.Trust {
        guard let path = process["REMORA_EXTRA_CA_FILE"] else { return .system }
        guard let extra = FileManager.default.contents(atPath: path) else {
            throw IntegrationError(.invalid, "REMORA_EXTRA_CA_FILE: \(path) cannot be read")
        }
        let system = FileManager.default.contents(atPath: Self.systemBundle) ?? Data()
        return .authorities(Array(system) + Array("\n".utf8) + Array(extra))
    }

    /// Where Debian and images made of it have the system's authorities.
    private static let systemBundle = "/etc/ssl/certs/ca-certificates.crt"
}
