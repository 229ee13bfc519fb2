/// A resource record, its data as text.
struct DNSRecord: Sendable, Equatable {
    let name: String
    let type: Int
    let classCode: Int
    let ttl: UInt32
    /// What the record says, in the form of master files.
    let text: String

    /// Reads a record; nil if it is malformed.
    init?(_ reader: inout ByteReader) {
        guard let name = DNSName.read(&reader), let type = reader.number16(), let classCode = reader.number16(),
            let ttl = reader.number32(), let length = reader.number16(), var data = reader.part(length),
            let text = Self.text(type, &data)
        else { return nil }
        self.name = name
        self.type = type
        self.classCode = classCode
        self.ttl = ttl
        self.text = text
    }

    /// The member of an item's record that holds data of this type; nil for types without one of their own.
    var member: String? {
        switch type {
        case 1, 28: "ip"
        case 2: "ns"
        case 5: "cname"
        case 12: "ptr"
        case 16: "txts"
        case 6: "soa"
        case 33: "srv"
        case 15: "mx"
        case 41: "opt"
        case 256: "uri"
        default: nil
        }
    }

    /// All those members.
    static let members = ["ip", "ns", "cname", "ptr", "txts", "soa", "srv", "mx", "opt", "uri"]

    private static func text(_ type: Int, _ data: inout ByteReader) -> String? {
        // An update may name a record without data (RFC 2136).
        if data.remaining == 0 { return "" }
        switch type {
        case 1: return data.remaining == 4 ? data.rest.map(String.init).joined(separator: ".") : nil
        case 28: return data.remaining == 16 ? IPText.ipv6(data.rest) : nil
        case 2, 5, 12, 39: return DNSName.read(&data)
        case 15: return numbers(1, &data).flatMap { number in DNSName.read(&data).map { "\(number) \($0)" } }
        case 33: return numbers(3, &data).flatMap { numbers in DNSName.read(&data).map { "\(numbers) \($0)" } }
        case 6:
            guard let primary = DNSName.read(&data), let mailbox = DNSName.read(&data) else { return nil }
            var numbers: [String] = []
            for _ in 0..<5 {
                guard let number = data.number32() else { return nil }
                numbers.append(String(number))
            }
            return ([primary, mailbox] + numbers).joined(separator: " ")
        case 16, 99: return strings(&data)?.joined(separator: ",")
        case 13: return strings(&data)?.map { "\"\($0)\"" }.joined(separator: " ")
        case 256:
            return numbers(2, &data).map { "\($0) \"\(String(decoding: data.rest, as: UTF8.self))\"" }
        case 257:
            guard let flags = data.byte(), let length = data.byte(), let tag = data.part(Int(length)) else {
                return nil
            }
            return
                "\(flags) \(String(decoding: tag.rest, as: UTF8.self)) \"\(String(decoding: data.rest, as: UTF8.self))\""
        case 41: return options(&data)
        case 43, 48, 52, 44: return numbersOfBytes(type, &data)
        case 64, 65: return service(&data)
        case 35: return naptr(&data)
        default: return "\\# \(data.remaining) \(ByteReader.hex(data.rest))"
        }
    }

    private static func numbers(_ count: Int, _ data: inout ByteReader) -> String? {
        var numbers: [String] = []
        for _ in 0..<count {
            guard let number = data.number16() else { return nil }
            numbers.append(String(number))
        }
        return numbers.joined(separator: " ")
    }

    private static func string(_ data: inout ByteReader) -> String? {
        guard let length = data.byte(), let part = data.part(Int(length)) else { return nil }
        return String(decoding: part.rest, as: UTF8.self)
    }

    private static func strings(_ data: inout ByteReader) -> [String]? {
        var result: [String] = []
        while data.remaining > 0 {
            guard let text = string(&data) else { return nil }
            result.append(text)
        }
        return result
    }

    /// DS, DNSKEY, TLSA, SSHFP: a few numbers, then bytes.
    private static func numbersOfBytes(_ type: Int, _ data: inout ByteReader) -> String? {
        var numbers: [String] = []
        if type == 43 || type == 48 {
            guard let number = data.number16() else { return nil }
            numbers.append(String(number))
        }
        for _ in 0..<(type == 52 ? 3 : 2) {
            guard let number = data.byte() else { return nil }
            numbers.append(String(number))
        }
        return (numbers + [type == 48 ? Base64Text.text(data.rest) : ByteReader.hex(data.rest)]).joined(separator: " ")
    }

    /// EDNS options (RFC 6891) as `code=hexadecimal`.
    private static func options(_ data: inout ByteReader) -> String? {
        var result: [String] = []
        while data.remaining > 0 {
            guard let code = data.number16(), let length = data.number16(), let part = data.part(length) else {
                return nil
            }
            result.append("\(code)=\(ByteReader.hex(part.rest))")
        }
        return result.joined(separator: " ")
    }

    /// SVCB and HTTPS (RFC 9460).
    private static func service(_ data: inout ByteReader) -> String? {
        guard let priority = data.number16(), let target = DNSName.read(&data) else { return nil }
        var result = ["\(priority)", target.isEmpty ? "." : target]
        while data.remaining > 0 {
            guard let key = data.number16(), let length = data.number16(), var value = data.part(length) else {
                return nil
            }
            switch key {
            case 1:
                guard let protocols = strings(&value) else { return nil }
                result.append("alpn=" + protocols.joined(separator: ","))
            case 3: result.append("port=\(value.number16() ?? 0)")
            case 4:
                let addresses = Array(value.rest)
                result.append(
                    "ipv4hint="
                        + stride(from: 0, to: addresses.count - 3, by: 4).map { start in
                            addresses[start..<start + 4].map(String.init).joined(separator: ".")
                        }.joined(separator: ","))
            default: result.append("key\(key)=\(ByteReader.hex(value.rest))")
            }
        }
        return result.joined(separator: " ")
    }

    private static func naptr(_ data: inout ByteReader) -> String? {
        guard let order = data.number16(), let preference = data.number16(), let flags = string(&data),
            let services = string(&data), let pattern = string(&data), let replacement = DNSName.read(&data)
        else { return nil }
        return "\(order) \(preference) \"\(flags)\" \"\(services)\" \"\(pattern)\" \(replacement)"
    }
}
