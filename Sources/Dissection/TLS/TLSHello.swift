/// A ClientHello or a ServerHello (RFC 8446 section 4.1), with what else the server showed in the clear.
package struct TLSHello: Sendable, Equatable {
    enum Kind: Int, Sendable { case client = 1, server = 2 }

    var kind = Kind.client
    var recordVersion = 0
    var recordLength = 0
    var handshakeLength = 0
    var version = 0
    var random: [UInt8] = []
    var sessionIdentifier: [UInt8] = []
    /// What the client offers, or the one that the server chose.
    var cipherSuites: [Int] = []
    var compressionMethods: [Int] = []
    var extensions: [Int] = []
    var extensionsLength = 0
    var serverName = ""
    var alpn: [String] = []
    var signatureAlgorithms: [Int] = []
    var supportedGroups: [Int] = []
    var pointFormats: [Int] = []
    var supportedVersions: [Int] = []
    var hasStatusRequest = false
    /// The names in the server's certificate, where it is not encrypted (up to TLS 1.2).
    var certificateNames: [String] = []
    /// The message ended early or contradicts itself.
    var isMalformed = false

    /// The version that counts: the highest that the client supports, or the one that the server chose.
    var negotiatedVersion: Int { supportedVersions.filter { !Self.isGREASE($0) }.max() ?? version }

    /// Values that are there to keep others honest (RFC 8701); fingerprints leave them out.
    static func isGREASE(_ value: Int) -> Bool { value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff }

    /// The text behind the fingerprint: version, ciphers, extensions, and of clients groups and point formats.
    var fingerprintText: String {
        func list(_ values: [Int]) -> String {
            values.filter { !Self.isGREASE($0) }.map(String.init).joined(separator: "-")
        }
        let parts = [String(version), list(cipherSuites), list(extensions)]
        return (kind == .client ? parts + [list(supportedGroups), list(pointFormats)] : parts).joined(separator: ",")
    }

    /// Reads the body of a handshake message.
    init(_ kind: Kind, _ body: UnsafeRawBufferPointer) {
        self.kind = kind
        handshakeLength = body.count
        var reader = ByteReader(body)
        isMalformed = !read(&reader)
    }

    private mutating func read(_ reader: inout ByteReader) -> Bool {
        guard let version = reader.number16(), let random = reader.part(32), let length = reader.byte(),
            let session = reader.part(Int(length))
        else { return false }
        self.version = version
        self.random = Array(random.rest)
        sessionIdentifier = Array(session.rest)
        switch kind {
        case .client:
            guard let length = reader.number16(), var ciphers = reader.part(length) else { return false }
            while let cipher = ciphers.number16() { cipherSuites.append(cipher) }
            guard let count = reader.byte(), let methods = reader.part(Int(count)) else { return false }
            compressionMethods = methods.rest.map(Int.init)
        case .server:
            guard let cipher = reader.number16(), let method = reader.byte() else { return false }
            cipherSuites = [cipher]
            compressionMethods = [Int(method)]
        }
        // Extensions came with TLS 1.0; older peers send none.
        guard reader.remaining > 0 else { return true }
        guard let length = reader.number16(), var list = reader.part(length) else { return false }
        extensionsLength = length
        while list.remaining > 0 {
            guard let type = list.number16(), let length = list.number16(), var data = list.part(length) else {
                return false
            }
            extensions.append(type)
            readExtension(type, &data)
        }
        return true
    }

    private mutating func readExtension(_ type: Int, _ data: inout ByteReader) {
        func numbers(_ data: inout ByteReader, lengthBytes: Int) -> [Int] {
            guard let length = lengthBytes == 1 ? data.byte().map(Int.init) : data.number16(),
                var list = data.part(length)
            else { return [] }
            var result: [Int] = []
            while let number = list.number16() { result.append(number) }
            return result
        }
        switch type {
        case 0:
            guard let length = data.number16(), var list = data.part(length), list.byte() == 0,
                let nameLength = list.number16(), let name = list.part(nameLength)
            else { return }
            serverName = String(decoding: name.rest, as: UTF8.self)
        case 5: hasStatusRequest = true
        case 10: supportedGroups = numbers(&data, lengthBytes: 2)
        case 11:
            guard let length = data.byte(), let list = data.part(Int(length)) else { return }
            pointFormats = list.rest.map(Int.init)
        case 13: signatureAlgorithms = numbers(&data, lengthBytes: 2)
        case 16:
            guard let length = data.number16(), var list = data.part(length) else { return }
            while let length = list.byte(), let name = list.part(Int(length)) {
                alpn.append(String(decoding: name.rest, as: UTF8.self))
            }
        case 43:
            supportedVersions = kind == .client ? numbers(&data, lengthBytes: 1) : data.number16().map { [$0] } ?? []
        default: break
        }
    }

    /// A hello of SSL 2.0's form, which old clients send to be understood by everybody (RFC 5246 appendix E.2).
    init?(ssl2 bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        guard let length = reader.number16(), length & 0x8000 != 0, var record = reader.part(length & 0x7fff),
            record.byte() == 1, let version = record.number16(), let cipherLength = record.number16(),
            let sessionLength = record.number16(), let challengeLength = record.number16(),
            var ciphers = record.part(cipherLength), let session = record.part(sessionLength),
            let challenge = record.part(challengeLength)
        else { return nil }
        recordVersion = version
        recordLength = length & 0x7fff
        handshakeLength = recordLength
        self.version = version
        random = Array(challenge.rest)
        sessionIdentifier = Array(session.rest)
        while let cipher = ciphers.number24() { cipherSuites.append(cipher) }
    }
}
