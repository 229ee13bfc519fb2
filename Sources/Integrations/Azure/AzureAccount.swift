/// A storage account and the way to be let in, from a connection string or from name and key.
package struct AzureAccount: Sendable {
    /// How we say who we are.
    package enum Access: Sendable {
        case sharedKey([UInt8])
        /// A query that somebody signed for us.
        case signature(String)
        /// The identity of the machine or the workload.
        case identity
    }

    package let name: String
    package let endpoint: WebAddress
    package let access: Access
    let secrets: [String]

    /// The connection string wins over name and key; a name alone stands for the process's own identity.
    package init(name: String?, key: String?, connectionString: String?, settings: IntegrationSettings)
        throws(IntegrationError)
    {
        if let connectionString {
            try self.init(connectionString: connectionString)
            return
        }
        guard let name else { throw .invalid("Azure: give an account name or a connection string") }
        let endpoint = try settings.endpoint("AZURE_STORAGE_BLOB_ENDPOINT")
        try self.init(name: name, key: key, signature: nil, endpoint: endpoint, suffix: nil, scheme: nil)
    }

    /// `DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net`
    private init(connectionString: String) throws(IntegrationError) {
        var parts: [String: String] = [:]
        for part in connectionString.split(separator: ";") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { throw .invalid("Azure: the connection string is malformed") }
            parts[sides[0].lowercased()] = String(sides[1])
        }
        if parts["usedevelopmentstorage"] == "true" {
            // Published with the emulator, so that nobody mistakes it for a secret.
            parts["accountname"] = "devstoreaccount1"
            parts["accountkey"] =
                "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
            parts["blobendpoint"] = parts["blobendpoint"] ?? "http://127.0.0.1:10000/devstoreaccount1"
        }
        let endpoint: WebAddress?
        if let text = parts["blobendpoint"] {
            endpoint = try WebAddress(text, "the BlobEndpoint of the Azure connection string")
        } else {
            endpoint = nil
        }
        let name = parts["accountname"] ?? endpoint.map { String($0.host.prefix { $0 != "." }) }
        guard let name else { throw .invalid("Azure: the connection string has neither AccountName nor BlobEndpoint") }
        try self.init(
            name: name, key: parts["accountkey"], signature: parts["sharedaccesssignature"], endpoint: endpoint,
            suffix: parts["endpointsuffix"], scheme: parts["defaultendpointsprotocol"])
    }

    private init(
        name: String, key: String?, signature: String?, endpoint: WebAddress?, suffix: String?, scheme: String?
    ) throws(IntegrationError) {
        guard !name.isEmpty, name.utf8.allSatisfy({ 0x61...0x7a ~= $0 || 0x30...0x39 ~= $0 }) else {
            throw .invalid("\(name.debugDescription) is no Azure storage account: letters and digits only")
        }
        self.name = name
        if let endpoint {
            self.endpoint = endpoint
        } else {
            let suffix = suffix ?? "core.windows.net"
            self.endpoint = try WebAddress("\(scheme ?? "https")://\(name).blob.\(suffix)", "the Azure endpoint")
        }
        if let signature {
            access = .signature(signature.hasPrefix("?") ? String(signature.dropFirst()) : signature)
            secrets = [signature]
        } else if let key {
            guard let bytes = AzureSignature.decode(key) else { throw .invalid("Azure: the account key is no base64") }
            access = .sharedKey(bytes)
            secrets = [key]
        } else {
            access = .identity
            secrets = []
        }
    }
}
