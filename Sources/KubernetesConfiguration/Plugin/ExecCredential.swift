internal import CurlTransport
internal import JSON
internal import Timestamps

/// The object that a client and a credential plugin exchange (`client.authentication.k8s.io`).
enum ExecCredential {
    /// The versions that exist and are not withdrawn.
    enum Version: String, Sendable, CaseIterable {
        case v1 = "client.authentication.k8s.io/v1"
        case v1beta1 = "client.authentication.k8s.io/v1beta1"
    }

    /// What a plugin printed is no credentials; the words do not repeat what it printed.
    struct Unusable: Error {
        let problem: String
    }

    /// What a plugin finds in `KUBERNETES_EXEC_INFO`.
    static func request(_ version: Version, isInteractive: Bool, cluster: JSONValue?) -> String {
        var spec: JSONValue = [:]
        spec["cluster"] = cluster
        spec["interactive"] = .boolean(isInteractive)
        let request: JSONValue = [
            "kind": "ExecCredential", "apiVersion": .string(version.rawValue), "spec": spec,
        ]
        return request.description
    }

    /// The credentials in what a plugin printed.
    static func credentials(_ bytes: [UInt8], _ version: Version) throws(Unusable) -> Credentials {
        let object = try parse(bytes)
        guard object["kind"]?.string == "ExecCredential" else {
            throw Unusable(problem: "its kind is not ExecCredential")
        }
        let printedVersion = object["apiVersion"]?.string
        guard printedVersion == version.rawValue else {
            throw Unusable(
                problem: "its apiVersion is \(name(printedVersion)), and the kubeconfig asks for \(version.rawValue);"
                    + " make the two agree")
        }
        guard let status = object["status"], status.object != nil else { throw Unusable(problem: "it has no status") }
        let token = try string(status, "token")
        let certificate = try certificate(status)
        guard token != nil || certificate != nil else {
            throw Unusable(problem: "its status has neither a token nor a client certificate")
        }
        if let token, let problem = FileCredentials.problem(withToken: token) {
            throw Unusable(problem: "its token \(problem)")
        }
        return Credentials(
            authorization: token.map { .bearer(token: $0) } ?? .none, clientCertificate: certificate,
            expiresAt: try expiry(status))
    }

    private static func parse(_ bytes: [UInt8]) throws(Unusable) -> JSONValue {
        if bytes.isEmpty { throw Unusable(problem: "it printed nothing") }
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw Unusable(problem: "\(error); it should print one ExecCredential object and nothing else")
        }
    }

    /// A version for a message: only known names are repeated, since anything may stand there.
    private static func name(_ version: String?) -> String {
        guard let version else { return "missing" }
        let isVersion = version.hasPrefix("client.authentication.k8s.io/") && version.utf8.count < 50
        return isVersion ? version : "another"
    }

    private static func string(_ status: JSONValue, _ key: String) throws(Unusable) -> String? {
        guard let value = status[key], !value.isNull else { return nil }
        guard let text = value.string else { throw Unusable(problem: "status.\(key) is no string") }
        return text.isEmpty ? nil : text
    }

    private static func certificate(_ status: JSONValue) throws(Unusable) -> TLSSettings.ClientCertificate? {
        let certificate = try string(status, "clientCertificateData").map { Array($0.utf8) }
        let key = try string(status, "clientKeyData").map { Array($0.utf8) }
        if certificate == nil && key == nil { return nil }
        guard let certificate, let key else {
            throw Unusable(problem: "status has only one of clientCertificateData and clientKeyData")
        }
        if let problem = PEM.problemWithCertificates(certificate) {
            throw Unusable(problem: "status.clientCertificateData \(problem)")
        }
        if let problem = PEM.problemWithPrivateKey(key) {
            throw Unusable(problem: "status.clientKeyData \(problem)")
        }
        return TLSSettings.ClientCertificate(certificate: certificate, privateKey: key)
    }

    private static func expiry(_ status: JSONValue) throws(Unusable) -> Timestamp? {
        guard let text = try string(status, "expirationTimestamp") else { return nil }
        guard let time = Timestamp(text) else {
            throw Unusable(problem: "status.expirationTimestamp is no RFC 3339 time, such as 2025-01-31T12:00:00Z")
        }
        return time
    }
}
