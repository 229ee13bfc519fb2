internal import YAML

/// Checks that bytes are what their place asks for, so that a wrong file is named as such and not by a failing handshake.
enum PEM {
    /// Nil if `bytes` hold a certificate or several; otherwise what is wrong and what to do.
    static func problemWithCertificates(_ bytes: [UInt8]) -> String? {
        if isDER(bytes) {
            return "is a certificate in DER form; convert it with `openssl x509 -inform der -outform pem`"
        }
        let blocks = blocks(bytes).filter { $0.label == "CERTIFICATE" }
        if blocks.isEmpty { return "holds no certificate in PEM form (no line -----BEGIN CERTIFICATE-----)" }
        if blocks.contains(where: { !$0.isDER }) { return "holds a certificate whose base64 text is damaged" }
        return nil
    }

    /// Nil if `bytes` hold a private key that needs no passphrase; otherwise what is wrong and what to do.
    static func problemWithPrivateKey(_ bytes: [UInt8]) -> String? {
        if isDER(bytes) { return "is a key in DER form; convert it with `openssl pkey -inform der -outform pem`" }
        guard let block = blocks(bytes).first(where: { $0.label.hasSuffix("PRIVATE KEY") }) else {
            return "holds no private key in PEM form (no line -----BEGIN PRIVATE KEY-----)"
        }
        if block.isEncrypted {
            return
                "is a key with a passphrase, which cannot be asked for; remove it with `openssl pkey -in OLD -out NEW`"
        }
        return block.isDER ? nil : "holds a private key whose base64 text is damaged"
    }

    private struct Block {
        let label: String
        /// Whether its text is base64 of an ASN.1 sequence.
        let isDER: Bool
        let isEncrypted: Bool
    }

    private static func blocks(_ bytes: [UInt8]) -> [Block] {
        var blocks: [Block] = []
        var open: (label: String, text: String, isEncrypted: Bool)?
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            if let label = label(line, "-----BEGIN ") {
                open = (label, "", label.hasPrefix("ENCRYPTED"))
            } else if let label = label(line, "-----END ") {
                if let block = open, block.label == label {
                    let isDER = Base64.decode(block.text).map(isDER) ?? false
                    blocks.append(Block(label: label, isDER: isDER, isEncrypted: block.isEncrypted))
                }
                open = nil
            } else if line.contains(":") {
                // A header (RFC 1421), such as "Proc-Type: 4,ENCRYPTED" of OpenSSL's old form.
                if line.contains("ENCRYPTED") { open?.isEncrypted = true }
            } else {
                open?.text += line
            }
        }
        return blocks
    }

    private static func label(_ line: Substring, _ prefix: String) -> String? {
        let line = line.trimmingSpaces()
        guard line.hasPrefix(prefix), line.hasSuffix("-----") else { return nil }
        return String(line.dropFirst(prefix.count).dropLast(5))
    }

    /// Every certificate and key is an ASN.1 sequence.
    private static func isDER(_ bytes: [UInt8]) -> Bool { bytes.first == 0x30 && bytes.count > 2 }
}

extension StringProtocol {
    /// The text without white space at its ends.
    func trimmingSpaces() -> SubSequence {
        let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? startIndex
        return self[..<end].drop(while: \.isWhitespace)
    }
}
