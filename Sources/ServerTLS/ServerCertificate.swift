internal import CSSL

/// A server's certificate, with its chain if it has one, and its private key: PEM texts.
package struct ServerCertificate: Sendable, Equatable {
    /// The server's own certificate first, then those that lead to its authority. Not secret.
    package let chain: String
    /// Not encrypted.
    package let privateKey: String

    /// The server's own certificate without its chain: whoever trusts it trusts this server and no other.
    package var own: String {
        let end = "-----END CERTIFICATE-----"
        return chain.firstRange(of: end).map { String(chain[..<$0.upperBound]) + "\n" } ?? chain
    }

    /// Pairs a certificate with its key; whether they belong together shows when a server takes them.
    package init(chain: String, privateKey: String) {
        self.chain = chain
        self.privateKey = privateKey
    }

    /// Makes a key and a certificate that nobody but itself has signed: whoever is to trust it needs its text.
    ///
    /// - Parameters:
    ///   - names: host names and IP addresses of the server; the first is also the certificate's common name. What is
    ///     neither is left out.
    ///   - validity: from now on; it counts from an hour ago, since clocks differ.
    /// - Throws: ``ServerTLSError`` with OpenSSL's reason.
    package static func selfSigned(names: [String], validity: Duration) throws(ServerTLSError) -> ServerCertificate {
        try make(names: names, validity: validity, issuer: nil)
    }

    /// Makes the key and the certificate of an authority, which signs those of servers and nothing else.
    package static func authority(name: String, validity: Duration) throws(ServerTLSError) -> ServerCertificate {
        try make(common: name, alternatives: nil, validity: validity, issuer: nil)
    }

    /// Makes a key and a certificate that this authority has signed; its chain ends with the authority.
    package func issue(names: [String], validity: Duration) throws(ServerTLSError) -> ServerCertificate {
        try Self.make(names: names, validity: validity, issuer: self)
    }

    private static func make(
        names: [String], validity: Duration, issuer: ServerCertificate?
    ) throws(ServerTLSError) -> ServerCertificate {
        let usable = names.filter(isName)
        guard let first = usable.first else {
            throw ServerTLSError("a certificate needs a host name or an IP address: none of \(names) is one")
        }
        let alternatives = usable.map { (isAddress($0) ? "IP:" : "DNS:") + $0 }.joined(separator: ",")
        return try make(common: first, alternatives: alternatives, validity: validity, issuer: issuer)
    }

    private static func make(
        common: String, alternatives: String?, validity: Duration, issuer: ServerCertificate?
    ) throws(ServerTLSError) -> ServerCertificate {
        guard let certificate = BIO_new(BIO_s_mem()), let key = BIO_new(BIO_s_mem()) else {
            throw ServerTLSError.latest("a certificate could not be made")
        }
        defer {
            BIO_free(certificate)
            BIO_free(key)
        }
        var signer: (certificate: OpaquePointer?, key: OpaquePointer?) = (nil, nil)
        defer {
            X509_free(signer.certificate)
            EVP_PKEY_free(signer.key)
        }
        if let issuer {
            let (text, keyText) = (Array(issuer.chain.utf8), Array(issuer.privateKey.utf8))
            guard
                remora_read_pair(
                    text, Int32(text.count), keyText, Int32(keyText.count), &signer.certificate, &signer.key) == 1
            else { throw ServerTLSError.latest("the authority's certificate and key cannot be used") }
        }
        // A common name has at most 64 characters (RFC 5280, ub-common-name); clients look at the alternatives.
        guard
            remora_make_certificate(
                String(common.prefix(64)), alternatives, Int(validity.components.seconds), signer.certificate,
                signer.key, certificate, key) == 1
        else { throw ServerTLSError.latest("a certificate could not be made for \(alternatives ?? common)") }
        return ServerCertificate(chain: text(certificate) + (issuer?.own ?? ""), privateKey: text(key))
    }

    private static func text(_ bio: OpaquePointer) -> String {
        var data: UnsafeMutablePointer<CChar>?
        let count = remora_bio_data(bio, &data)
        return String(decoding: UnsafeRawBufferPointer(start: data, count: max(count, 0)), as: UTF8.self)
    }

    /// Letters, digits and what stands between them: nothing that means something in OpenSSL's list of names.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 253
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x3a: true
                default: false
                }
            } && (isAddress(name) || !name.contains(":"))
    }

    private static func isAddress(_ name: String) -> Bool {
        // What inet_pton(3) takes is an address.
        guard let address = a2i_IPADDRESS(name) else { return false }
        ASN1_OCTET_STRING_free(address)
        return true
    }
}
