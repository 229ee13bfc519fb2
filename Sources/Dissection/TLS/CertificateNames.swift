/// The names in an X.509 certificate: the subject's common name and the alternative DNS names and addresses.
enum CertificateNames {
    private static let limit = 256

    /// The names, each once, in order.
    static func read(_ certificate: UnsafeRawBufferPointer) -> [String] {
        var reader = ByteReader(certificate)
        guard var certificate = element(&reader, 0x30), var body = element(&certificate, 0x30) else { return [] }
        // version, serial number, signature, issuer, validity
        if body.remaining > 0, body.bytes[body.position] == 0xa0 { _ = element(&body, 0xa0) }
        guard element(&body, 0x02) != nil, element(&body, 0x30) != nil, element(&body, 0x30) != nil,
            element(&body, 0x30) != nil, var subject = element(&body, 0x30), element(&body, 0x30) != nil
        else { return [] }
        var names: [String] = []
        func add(_ name: String) {
            if !name.isEmpty, names.count < limit, !names.contains(name) { names.append(name) }
        }
        while var set = element(&subject, 0x31) {
            while var attribute = element(&set, 0x30) {
                guard let type = element(&attribute, 0x06), let (_, value) = any(&attribute) else { break }
                // id-at-commonName
                if type.rest.elementsEqual([0x55, 0x04, 0x03]) { add(String(decoding: value.rest, as: UTF8.self)) }
            }
        }
        while let (tag, extensions) = any(&body) {
            guard tag == 0xa3 else { continue }
            var outer = extensions
            guard var list = element(&outer, 0x30) else { break }
            while var entry = element(&list, 0x30) {
                guard let type = element(&entry, 0x06) else { continue }
                // id-ce-subjectAltName
                guard type.rest.elementsEqual([0x55, 0x1d, 0x11]) else { continue }
                _ = element(&entry, 0x01)
                guard var octets = element(&entry, 0x04), var general = element(&octets, 0x30) else { continue }
                while let (tag, name) = any(&general) {
                    switch (tag, name.remaining) {
                    case (0x82, _): add(String(decoding: name.rest, as: UTF8.self))
                    case (0x87, 4): add(name.rest.map(String.init).joined(separator: "."))
                    case (0x87, 16): add(IPText.ipv6(name.rest))
                    default: break
                    }
                }
            }
        }
        return names
    }

    /// The next element if it has this tag; nothing is passed over if not.
    private static func element(_ reader: inout ByteReader, _ tag: UInt8) -> ByteReader? {
        guard reader.remaining > 0, reader.bytes[reader.position] == tag else { return nil }
        return any(&reader)?.content
    }

    /// The next element of DER (X.690).
    private static func any(_ reader: inout ByteReader) -> (tag: UInt8, content: ByteReader)? {
        guard let tag = reader.byte(), let first = reader.byte() else { return nil }
        var length = Int(first)
        if first & 0x80 != 0 {
            length = 0
            guard 1...3 ~= first & 0x7f else { return nil }
            for _ in 0..<first & 0x7f {
                guard let byte = reader.byte() else { return nil }
                length = length << 8 | Int(byte)
            }
        }
        return reader.part(length).map { (tag, $0) }
    }
}
