/// A query and its answer, or one of them.
package struct DNSExchange: Sendable {
    var request: DNSMessage?
    var response: DNSMessage?
}

/// A message of the Domain Name System (RFC 1035).
struct DNSMessage: Sendable, Equatable {
    struct Question: Sendable, Equatable {
        let name: String
        let type: Int
        let classCode: Int
    }

    let identifier: UInt16
    let isResponse: Bool
    let opCode: Int
    /// With the upper bits that EDNS adds (RFC 6891).
    private(set) var responseCode: Int
    private(set) var questions: [Question] = []
    private(set) var answers: [DNSRecord] = []
    private(set) var authorities: [DNSRecord] = []
    private(set) var additionals: [DNSRecord] = []
    /// The message contradicts itself, or was cut: what is here is what could be read before that place.
    private(set) var isMalformed = false
    /// Bytes stand behind the last record.
    private(set) var hasTrailingBytes = false

    /// Records that are kept of a message; more are counted in no message that is not an attack.
    private static let recordLimit = 1_024

    /// Reads a message; nil if the bytes are too few for a header.
    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        guard let identifier = reader.number16(), let flags = reader.number16(), let questionCount = reader.number16(),
            let answerCount = reader.number16(), let authorityCount = reader.number16(),
            let additionalCount = reader.number16()
        else { return nil }
        self.identifier = UInt16(identifier)
        isResponse = flags & 0x8000 != 0
        opCode = flags >> 11 & 15
        responseCode = flags & 15
        guard questionCount + answerCount + authorityCount + additionalCount <= Self.recordLimit else {
            isMalformed = true
            return
        }
        for _ in 0..<questionCount {
            guard let name = DNSName.read(&reader), let type = reader.number16(), let classCode = reader.number16()
            else {
                isMalformed = true
                return
            }
            questions.append(Question(name: name, type: type, classCode: classCode))
        }
        for (count, section) in [
            (answerCount, \DNSMessage.answers), (authorityCount, \.authorities), (additionalCount, \.additionals),
        ] {
            for _ in 0..<count {
                guard let record = DNSRecord(&reader) else {
                    isMalformed = true
                    return
                }
                self[keyPath: section].append(record)
                if record.type == 41 { responseCode |= Int(record.ttl >> 24) << 4 }
            }
        }
        hasTrailingBytes = reader.remaining > 0
    }

    /// Whether the bytes can hardly be anything else: whole, without contradiction, with sensible numbers.
    var isConvincing: Bool {
        !isMalformed && !hasTrailingBytes && opCode <= 6 && (isResponse || responseCode == 0)
            && (!questions.isEmpty || !answers.isEmpty)
            && questions.allSatisfy { [1, 3, 4, 254, 255].contains($0.classCode & 0x7fff) && $0.type != 0 }
    }
}

/// Names, with their compression.
enum DNSName {
    /// Reads a name; nil if it is malformed: too long, or with pointers that do not go back.
    static func read(_ reader: inout ByteReader) -> String? {
        var text: [UInt8] = []
        var position = reader.position
        var length = 0
        var afterPointer: Int?
        // A pointer must point before every place that was read so far, so that a name ends.
        var lowest = position
        while true {
            guard position < reader.bytes.count, afterPointer != nil || position < reader.end else { return nil }
            let count = Int(reader.bytes[position])
            switch count & 0xc0 {
            case 0:
                position += 1
                if count == 0 {
                    reader.position = afterPointer ?? position
                    return String(decoding: text, as: UTF8.self)
                }
                length += count + 1
                guard length <= 255, position + count <= reader.bytes.count else { return nil }
                if !text.isEmpty { text.append(UInt8(ascii: ".")) }
                for byte in reader.bytes[position..<position + count] { append(byte, to: &text) }
                position += count
            case 0xc0:
                guard position + 1 < reader.bytes.count else { return nil }
                let target = (count & 0x3f) << 8 | Int(reader.bytes[position + 1])
                guard target < lowest else { return nil }
                if afterPointer == nil { afterPointer = position + 2 }
                lowest = target
                position = target
            default: return nil
            }
        }
    }

    /// A byte of a label, as master files write it (RFC 1035 section 5.1).
    private static func append(_ byte: UInt8, to text: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
        case 0x21...0x7e: text.append(byte)
        default:
            text += [UInt8(ascii: "\\"), 48 + byte / 100, 48 + byte / 10 % 10, 48 + byte % 10]
        }
    }
}
