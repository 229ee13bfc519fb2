internal import JSON

extension ItemPayload {
    func writeRequest(to writer: inout JSONWriter, _ bodyLimit: Int) {
        switch self {
        case .http(let exchange): exchange.writeRequest(to: &writer, bodyLimit: bodyLimit)
        case .dns(let exchange): exchange.writeRequest(to: &writer)
        case .redis(let exchange):
            if let request = exchange.request { request.write(to: &writer) } else { writer.writeNull() }
        case .tls, .icmp, .connection, .record: writer.writeNull()
        }
    }

    func writeResponse(to writer: inout JSONWriter, _ bodyLimit: Int) {
        switch self {
        case .http(let exchange): exchange.writeResponse(to: &writer, bodyLimit: bodyLimit)
        case .dns(let exchange): exchange.writeResponse(to: &writer)
        case .redis(let exchange):
            if let response = exchange.response { response.write(to: &writer) } else { writer.writeNull() }
        case .tls, .icmp, .connection, .record: writer.writeNull()
        }
    }

    func writeData(_ connection: ConnectionIdentity, to writer: inout JSONWriter) {
        switch self {
        case .http, .dns, .redis: writer.writeNull()
        case .tls(let hello): hello.write(to: &writer)
        case .icmp(let message): message.write(to: &writer)
        case .connection(let summary): summary.write(connection, to: &writer)
        case .record(let record): record.write(to: &writer)
        }
    }

    /// What a list shows of the item, and the filters that select others like it.
    package var summary: ItemSummary {
        switch self {
        case .http(let exchange):
            return ItemSummary(
                method: exchange.method,
                methodQuery: exchange.method.isEmpty ? "" : "request.method == \"\(exchange.method)\"",
                text: exchange.path, query: exchange.path.isEmpty ? "" : "request.path == \"\(exchange.path)\"",
                status: exchange.status,
                statusQuery: exchange.status == 0 ? "" : "response.status == \(exchange.status)")
        case .dns(let exchange):
            let question = (exchange.request ?? exchange.response)?.questions.first
            return ItemSummary(
                method: question.map { DNSNames.type($0.type) } ?? "",
                methodQuery: question.map { "request.questions[0].type == \"\(DNSNames.type($0.type))\"" } ?? "",
                text: question?.name ?? "", query: question.map { "request.questions[0].name == \"\($0.name)\"" } ?? "",
                status: exchange.response?.responseCode ?? 0,
                statusQuery: exchange.response.map { "response.code == \"\(DNSNames.responseCode($0.responseCode))\"" }
                    ?? "")
        case .redis(let exchange):
            let command = exchange.request?.command ?? exchange.response?.keyword.uppercased() ?? ""
            let key = exchange.request?.key ?? exchange.response?.key ?? ""
            return ItemSummary(
                method: command, methodQuery: command.isEmpty ? "" : "request.command == \"\(command)\"", text: key,
                query: key.isEmpty ? "" : "request.key == \"\(key)\"",
                status: exchange.response?.type == "Error" ? 1 : 0,
                statusQuery: "")
        case .tls(let hello):
            let name = hello.kind == .client ? hello.serverName : hello.certificateNames.first ?? ""
            return ItemSummary(
                method: hello.kind == .client ? "ClientHello" : "ServerHello", methodQuery: "", text: name,
                query: name.isEmpty ? "" : "data.sni == \"\(name)\"", status: 0, statusQuery: "")
        case .icmp(let message):
            return ItemSummary(
                method: message.typeCode, methodQuery: "data.typeCode == \"\(message.typeCode)\"", text: "", query: "",
                status: 0, statusQuery: "")
        case .connection(let summary):
            return ItemSummary(
                method: "CONN", methodQuery: "",
                text: "\(summary.clientBytes) B sent, \(summary.serverBytes) B received",
                query: "", status: 0, statusQuery: "")
        case .record(let record):
            return ItemSummary(
                method: record.kind, methodQuery: "", text: "\(record.payloadLength) B", query: "", status: 0,
                statusQuery: "")
        }
    }
}

/// A line about an item.
package struct ItemSummary: Sendable, Equatable {
    package let method: String
    package let methodQuery: String
    package let text: String
    package let query: String
    package let status: Int
    package let statusQuery: String
}
