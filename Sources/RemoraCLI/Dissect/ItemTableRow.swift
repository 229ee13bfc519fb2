internal import Dissection

/// Items as rows for people.
///
/// ```
/// 2023-11-14T22:13:20.000000Z  10.0.0.1:40000  →  10.0.0.2:8080  HTTP  1.3 ms  GET /index.html  →  200 OK
/// ```
struct ItemTableRow {
    private var table = StreamingTable(widths: [27, 15, 1, 15, 4, 6])

    mutating func row(_ item: Item, _ terminal: Terminal) -> String {
        let connection = item.connection
        let hasAnswer = item.payload.isExchange && item.error == nil
        let cells = [
            item.startTime, Self.text(connection.client), "→", Self.text(connection.server),
            item.payload.protocolDescription.abbreviation, hasAnswer ? CellText.duration(item.elapsed) : "-",
            Self.words(item),
        ]
        return table.row(cells) { column, cell in
            switch column {
            case 0: terminal.styled(cell, .faint)
            case 6: item.error == nil ? cell : terminal.styled(cell, .bad)
            default: cell
            }
        }
    }

    private static func text(_ peer: Peer) -> String {
        guard peer.port != 0 else { return peer.address }
        return peer.address.contains(":") ? "[\(peer.address)]:\(peer.port)" : "\(peer.address):\(peer.port)"
    }

    static func words(_ item: Item) -> String {
        let request = item.payload.requestText.map { CellText.printable($0) }
        let response = item.payload.responseText.map { CellText.printable($0) }
        let reason = item.error.map { "(\(CellText.printable($0.message)))" }
        guard item.payload.isExchange else { return [request, reason].compactMap(\.self).joined(separator: " ") }
        let answer = [response, reason].compactMap(\.self).joined(separator: " ")
        return answer.isEmpty ? request ?? "-" : "\(request ?? "-") → \(answer)"
    }
}
