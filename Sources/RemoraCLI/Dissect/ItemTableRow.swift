internal import Dissection

/// Items as rows for people.
///
/// ```
/// 2023-11-14T22:13:20.000000Z  10.0.0.1:40000  →  10.0.0.2:8080  HTTP  1.3 ms  GET /index.html  →  200 OK
/// ```
struct ItemTableRow {
    private var table = StreamingTable(widths: [27, 15, 1, 15, 4, 6])

    /// What is shown of a request or a response at most, in characters.
    private static let textLimit = 160

    mutating func row(_ item: Item, _ terminal: Terminal) -> String {
        let connection = item.connection
        let hasAnswer = item.payload.isExchange && item.error == nil
        let cells = [
            item.startTime, Self.text(connection.client), "→", Self.text(connection.server),
            item.payload.protocolDescription.abbreviation, hasAnswer ? Self.duration(item.elapsed) : "-",
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
        let request = item.payload.requestText.map(printable)
        let response = item.payload.responseText.map(printable)
        let reason = item.error.map { "(\(printable($0.message)))" }
        guard item.payload.isExchange else { return [request, reason].compactMap(\.self).joined(separator: " ") }
        let answer = [response, reason].compactMap(\.self).joined(separator: " ")
        return answer.isEmpty ? request ?? "-" : "\(request ?? "-") → \(answer)"
    }

    /// The text without anything that a terminal would take for a command, and not too long.
    static func printable(_ text: String) -> String { printable(text, limit: textLimit) }

    static func printable(_ text: String, limit: Int) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else { return result + "…" }
            count += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func duration(_ nanoseconds: Int64) -> String {
        func tenths(_ value: Int64, _ unit: Int64) -> String {
            let tenths = (value + unit / 20) / (unit / 10)
            return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\(tenths / 10)"
        }
        return switch nanoseconds {
        case ..<1_000_000: "\(nanoseconds / 1_000) µs"
        case ..<1_000_000_000: tenths(nanoseconds, 1_000_000) + " ms"
        default: tenths(nanoseconds, 1_000_000_000) + " s"
        }
    }
}
