internal import JSON

extension TLSHello {
    func write(to writer: inout JSONWriter) {
        func number(_ name: String, _ value: Int) {
            writer.key(name)
            writer.write(Int64(value))
        }
        func list(_ name: String, _ values: [Int]) {
            writer.key(name)
            writer.beginArray()
            for value in values { writer.write(Int64(value)) }
            writer.endArray()
        }
        func texts(_ name: String, _ values: [String]) {
            writer.key(name)
            writer.beginArray()
            for value in values { writer.write(value) }
            writer.endArray()
        }
        writer.beginObject()
        number("type", 22)
        number("version", recordVersion)
        number("messageLen", recordLength)
        number("handshakeType", kind.rawValue)
        number("handshakeLen", handshakeLength)
        number("handshakeVersion", version)
        writer.member("negotiatedVersion", Self.versionName(negotiatedVersion))
        writer.member("random", ByteReader.hex(random))
        number("sessionIdLen", sessionIdentifier.count)
        writer.member("sessionId", ByteReader.hex(sessionIdentifier))
        switch kind {
        case .client:
            number("cipherSuiteLen", cipherSuites.count * 2)
            list("cipherSuites", cipherSuites)
            list("compressMethods", compressionMethods)
        case .server:
            number("cipherSuite", cipherSuites.first ?? 0)
            number("compressMethod", compressionMethods.first ?? 0)
        }
        number("extensionLen", extensionsLength)
        list("extensions", extensions)
        list("allExtensions", extensions)
        switch kind {
        case .client:
            writer.member("sni", serverName)
            list("signatureAlgs", signatureAlgorithms)
            list("supportedGroups", supportedGroups)
            list("supportedPoints", pointFormats)
            // Upstream's spelling, and the right one.
            for name in ["oscp", "ocsp"] {
                writer.key(name)
                writer.write(hasStatusRequest)
            }
            texts("alpns", alpn)
            list("supportedVersions", supportedVersions)
            writer.member("ja3", MD5.hex(fingerprintText))
        case .server:
            writer.member("alpn", alpn.first ?? "")
            texts("certificateNames", certificateNames)
            writer.member("ja3s", MD5.hex(fingerprintText))
        }
        writer.endObject()
    }

    static func versionName(_ version: Int) -> String {
        switch version {
        case 0x0002: "SSL 2.0"
        case 0x0300: "SSL 3.0"
        case 0x0301: "TLS 1.0"
        case 0x0302: "TLS 1.1"
        case 0x0303: "TLS 1.2"
        case 0x0304: "TLS 1.3"
        default: "0x" + String(version, radix: 16)
        }
    }
}
