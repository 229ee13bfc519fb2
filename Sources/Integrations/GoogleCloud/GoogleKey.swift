internal import CryptoExtras
internal import FoundationEssentials
package import JSON
internal import Timestamps
internal import YAML

/// The key of a Google service account, as its JSON file has it.
package struct GoogleKey: Sendable {
    package let email: String
    package let keyID: String
    package let tokenAddress: WebAddress
    private let signer: _RSA.Signing.PrivateKey
    let secret: String

    /// Where keys say that tokens are to be had.
    private static let standardTokenURL = "https://oauth2.googleapis.com/token"

    /// Reads a key: the JSON object, or its text.
    package init(_ value: JSONValue) throws(IntegrationError) {
        var value = value
        if let text = value.string {
            guard let parsed = try? JSONValue(parsing: text) else {
                throw .invalid("the service account key is no JSON")
            }
            value = parsed
        }
        guard let email = value["client_email"]?.string, let pem = value["private_key"]?.string else {
            throw .invalid("the service account key has no client_email or no private_key")
        }
        self.email = email
        keyID = value["private_key_id"]?.string ?? ""
        tokenAddress = try WebAddress(value["token_uri"]?.string ?? Self.standardTokenURL, "the key's token_uri")
        // What YAML in quotes leaves of line breaks.
        secret = pem.replacing("\\n", with: "\n")
        do {
            signer = try _RSA.Signing.PrivateKey(pemRepresentation: secret)
        } catch {
            throw .invalid("the private_key of the service account key is no RSA key in PEM")
        }
    }

    /// A signed claim to be this account (RFC 7523), good for an hour.
    package func assertion(scope: String, now: Int64) throws(IntegrationError) -> String {
        let header: JSONValue = ["alg": "RS256", "typ": "JWT", "kid": .string(keyID)]
        let claims: JSONValue = [
            "iss": .string(email), "scope": .string(scope), "aud": .string(tokenAddress.text), "iat": .integer(now),
            "exp": .integer(now + 3600),
        ]
        let text = "\(Self.encode(header.encoded())).\(Self.encode(claims.encoded()))"
        do {
            let signature = try signer.signature(for: Data(text.utf8), padding: .insecurePKCS1v1_5)
            return "\(text).\(Self.encode(Array(signature.rawRepresentation)))"
        } catch {
            throw .invalid("the private_key of the service account key cannot sign")
        }
    }

    /// Base64url without padding (RFC 7515, section 2).
    static func encode(_ bytes: [UInt8]) -> String {
        Base64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
