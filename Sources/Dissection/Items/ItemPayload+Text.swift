/// What was asked and what was answered, in a few words for people.
extension ItemPayload {
    /// The words of a request, of a hello, of a message that nobody answers.
    package var requestText: String? {
        switch self {
        case .http(let exchange): exchange.request.map { _ in "\(exchange.method) \(exchange.target)" }
        case .dns(let exchange): (exchange.request ?? exchange.response)?.questionText
        case .redis(let exchange): exchange.request?.text
        case .tls(let hello): hello.text
        case .icmp(let message): "\(message.typeCode) id \(message.identifier) sequence \(message.sequence)"
        case .connection(let summary):
            "\(summary.end.words), \(summary.clientPackets) packets with \(summary.clientBytes) bytes sent, "
                + "\(summary.serverPackets) with \(summary.serverBytes) received"
        case .record(let record): "\(record.kind) \(record.payloadLength) bytes"
        }
    }

    /// The words of a response, if the protocol has them and it was seen.
    package var responseText: String? {
        switch self {
        case .http(let exchange):
            exchange.response.map { response in
                let reason = response.text(response.start.word.range)
                return reason.isEmpty ? "\(exchange.status)" : "\(exchange.status) \(reason)"
            }
        case .dns(let exchange): exchange.response?.answerText
        case .redis(let exchange): exchange.response?.text
        case .tls, .icmp, .connection, .record: nil
        }
    }

    /// Whether a request is usually answered.
    package var isExchange: Bool {
        switch self {
        case .http, .dns, .redis: true
        case .tls, .icmp, .connection, .record: false
        }
    }
}

extension DNSMessage {
    fileprivate var questionText: String {
        let words = questions.map { "\(DNSNames.type($0.type)) \($0.name.isEmpty ? "." : $0.name)" }
        let text = words.isEmpty ? "no question" : words.joined(separator: ", ")
        return opCode == 0 ? text : "\(DNSNames.operation(opCode)) \(text)"
    }

    fileprivate var answerText: String {
        let texts = answers.map { "\(DNSNames.type($0.type)) \($0.text)" }
        guard responseCode == 0 else { return DNSNames.responseCode(responseCode) }
        return texts.isEmpty ? "no answer" : texts.joined(separator: ", ")
    }
}

extension RedisMessage {
    fileprivate var text: String {
        let words = [command, keyword, key, value].filter { !$0.isEmpty }
        return words.isEmpty ? (type == "N/A" ? "nil" : "\"\"") : words.joined(separator: " ")
    }
}

extension TLSHello {
    fileprivate var text: String {
        let words =
            switch kind {
            case .client: ["ClientHello", serverName, Self.versionName(negotiatedVersion)]
            case .server: ["ServerHello", Self.versionName(negotiatedVersion), certificateNames.joined(separator: ",")]
            }
        return (words + [alpn.joined(separator: ",")]).filter { !$0.isEmpty }.joined(separator: " ")
    }
}

extension ConnectionSummary.End {
    fileprivate var words: String {
        switch self {
        case .closed: "closed"
        case .reset: "reset"
        case .unanswered: "not answered"
        case .halfClosed: "half closed"
        case .open: "open"
        }
    }
}
