internal import JSON

/// A command and its reply, or a message that nobody asked for.
package struct RedisExchange: Sendable {
    var request: RedisMessage?
    var response: RedisMessage?
}

/// One half, as items show it.
struct RedisMessage: Sendable, Equatable {
    var type: String
    /// The verb in upper case; of a reply empty.
    var command: String
    var key: String
    /// The rest of the arguments, or what the reply says.
    var value: String
    /// The word of a simple reply, as `OK`.
    var keyword: String

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type", type)
        writer.member("command", command)
        writer.member("key", key)
        writer.member("value", value)
        writer.member("keyword", keyword)
        writer.endObject()
    }

    /// A reply or a push.
    init(reply: RESPValue) {
        type = reply.typeName
        command = ""
        key = ""
        keyword = ""
        value = ""
        switch reply {
        case .simple(let text):
            if Self.keywords.contains(text) { keyword = text } else { value = text }
        case .push(let elements), .array(let elements):
            // A message of a subscription names its kind and its channel.
            if let kind = elements.first?.text.lowercased(), RedisDissector.pushKinds.contains(kind) {
                keyword = kind
                key = elements.count > 1 ? elements[1].text : ""
                value = elements.dropFirst(2).map(\.text).joined(separator: " ")
            } else {
                value = reply.text
            }
        default: value = reply.text
        }
    }

    /// A command.
    init(command words: [String], type: String) {
        self.type = type
        command = words.first?.uppercased() ?? ""
        key = ""
        value = ""
        keyword = ""
        switch command {
        case "AUTH": value = words.count > 1 ? Self.redacted : ""
        case "HELLO":
            key = words.count > 1 ? words[1] : ""
            // HELLO 3 AUTH user password
            let auth = words.firstIndex { $0.uppercased() == "AUTH" }
            value = words.dropFirst(2).enumerated().map { index, word in
                if let auth, auth + 1...auth + 2 ~= index + 2 { return Self.redacted }
                return word
            }.joined(separator: " ")
        default:
            if words.count > 1 { key = words[1] }
            value = words.dropFirst(2).joined(separator: " ")
        }
    }

    /// Credentials never leave the capture.
    private static let redacted = "[REDACTED]"
    private static let keywords: Set<String> = ["OK", "PONG", "QUEUED", "Background saving started"]
}
