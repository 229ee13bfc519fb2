extension ScriptMatrix {
    /// How much of it is told.
    enum Detail {
        /// The scripts with which something is amiss on some worker.
        case amiss
        /// Every script, a line each, and what is amiss.
        case scripts
        /// Every script on every worker.
        case everything
    }

    /// A table for people.
    ///
    /// ```
    /// SCRIPT       ON WORKERS                   CALLS/S  MOST  P99    SLOWEST
    /// 0 recorder   998 running, 2 disconnected  12034    94.5  64 ms  node-17
    /// 1 slow-path  997 running, 3 outdated      310      7.2   1 ms   node-4
    ///     outdated on node-3, node-9, node-12: slow-path:2:5: SyntaxError: Unexpected token
    /// ```
    ///
    /// - Parameter styled: gives text its colour.
    func lines(_ detail: Detail, _ styled: (String, Terminal.Style) -> String) -> [String] {
        var table: [Line] = []
        for row in rows {
            let troubles = row.troubles
            guard detail != .amiss || !troubles.isEmpty else { continue }
            table.append(Self.line(row, detail))
            if detail == .everything {
                table += row.cells.flatMap(Self.lines)
            } else {
                table += troubles.prefix(Self.troubleLimit).map { .init(text: Self.text($0)) }
                let rest = troubles.dropFirst(Self.troubleLimit)
                if !rest.isEmpty {
                    let workers = rest.reduce(0) { $0 + $1.workers.count }
                    table.append(.init(text: "    and otherwise on \(workers) more: --wide shows them", style: .change))
                }
            }
        }
        guard !table.isEmpty else { return [] }
        table.insert(Line(cells: Self.heading(detail), style: .faint), at: 0)
        var columns = StreamingTable(
            widths: table[0].cells.indices.dropLast().map { column in
                table.map { $0.cells.isEmpty ? 0 : $0.cells[column].count }.max() ?? 0
            } + [0])
        return table.map { line in
            guard !line.cells.isEmpty else { return styled(line.text, line.style ?? .bad) }
            return columns.row(line.cells) { column, cell in
                if let style = line.style { return styled(cell, style) }
                return column == 1 ? styled(cell, line.state) : cell
            }
        }
    }

    /// What differs on more workers than this is not told of each.
    private static let troubleLimit = 5
    private static let nameLimit = 3
    private static let titleLimit = 26

    /// A row of the table, or text that goes over all columns.
    private struct Line {
        var cells: [String] = []
        var text = ""
        /// Of all that stands in the line.
        var style: Terminal.Style?
        /// Of the second column.
        var state = Terminal.Style.good
    }

    private static func heading(_ detail: Detail) -> [String] {
        detail == .everything
            ? ["SCRIPT", "ON WORKERS", "CALLS/S", "MOST", "P99", "CALLS", "FAILED", "DROPPED", "SLOWEST"]
            : ["SCRIPT", "ON WORKERS", "CALLS/S", "MOST", "P99", "SLOWEST"]
    }

    private static func line(_ row: Row, _ detail: Detail) -> Line {
        let counts = State.allCases.compactMap { state in
            row.count(state) > 0 ? "\(row.count(state)) \(state.rawValue)" : nil
        }
        let rates = row.cells.compactMap(\.rate)
        let slowest = row.cells.filter { $0.p99 != nil }.max { ($0.p99 ?? 0, $1.worker) < ($1.p99 ?? 0, $0.worker) }
        var cells = [
            "\(row.index) \(CellText.printable(row.title, limit: titleLimit))", counts.joined(separator: ", "),
            rate(rates.isEmpty ? nil : rates.reduce(0, +)), rate(rates.max()), duration(slowest?.p99),
            printable(slowest?.worker ?? "-"),
        ]
        if detail == .everything {
            cells.insert(
                contentsOf: [
                    String(row.cells.reduce(0) { $0 + $1.calls }), String(row.cells.reduce(0) { $0 + $1.failures }),
                    String(row.cells.reduce(0) { $0 + $1.dropped }),
                ], at: 5)
        }
        let isAmiss = row.cells.contains { $0.state.isAmiss }
        return Line(
            cells: cells, state: isAmiss ? .bad : row.count(.running) == row.cells.count ? .good : .change)
    }

    private static func lines(_ cell: Cell) -> [Line] {
        let state = cell.state.rawValue + (cell.revision.map { " \($0.prefix(12))" } ?? "")
        let line = Line(
            cells: [
                "    \(printable(cell.worker))", state, rate(cell.rate), "", duration(cell.p99), String(cell.calls),
                String(cell.failures), String(cell.dropped), "",
            ], state: cell.state.isAmiss ? .bad : cell.state == .running ? .good : .change)
        guard let error = cell.error else { return [line] }
        return [line, Line(text: "        \(printable(error))", style: cell.isAmiss ? .bad : .change)]
    }

    private static func text(_ trouble: Trouble) -> String {
        var words: [String] = []
        if trouble.state.isAmiss { words.append(trouble.state.rawValue) }
        if trouble.failures > 0 { words.append("\(trouble.failures) of \(trouble.calls) calls failed") }
        if trouble.dropped > 0 { words.append("\(trouble.dropped) dropped") }
        var names = trouble.workers.prefix(nameLimit).map(printable).joined(separator: ", ")
        if trouble.workers.count > nameLimit { names += " and \(trouble.workers.count - nameLimit) more" }
        return "    \(words.joined(separator: ", ")) on \(names)" + (trouble.error.map { ": \(printable($0))" } ?? "")
    }

    private static func printable(_ text: String) -> String {
        CellText.printable(text.split(whereSeparator: \.isNewline).first.map(String.init) ?? "")
    }

    private static func rate(_ rate: Double?) -> String {
        guard let rate, rate.isFinite, rate >= 0, rate < 1e15 else { return "-" }
        let tenths = Int((rate * 10).rounded())
        return tenths < 1_000 && tenths % 10 != 0 ? "\(tenths / 10).\(tenths % 10)" : String(Int(rate.rounded()))
    }

    /// - Parameter p99: microseconds.
    private static func duration(_ p99: Int?) -> String {
        guard let p99, 0..<Int(Int32.max) ~= p99 else { return "-" }
        return CellText.duration(Int64(p99) * 1_000)
    }
}
