internal import JSON

/// The part of a hub's status that is about workers, for people: how many of them there are in which state, how a set goes
/// out to them, who of them is to be looked at, and what they make of the scripts.
struct WorkerTable {
    let status: JSONValue

    init(_ status: JSONValue) { self.status = status }

    /// - Parameter styled: gives text its colour.
    func lines(_ detail: ScriptMatrix.Detail, _ styled: (String, Terminal.Style) -> String) -> [String] {
        guard let count = status["fleet"]?["workers"]?.integer, count > 0 else { return [] }
        let states = ["current", "refused", "pending", "held-back", "disconnected"].compactMap { state in
            status["fleet"]?[state]?.integer.flatMap { $0 > 0 ? "\($0) \(state)" : nil }
        }
        var lines = ["workers \(count): \(states.joined(separator: ", "))"]
        if let rollout = status["rollout"], rollout["phase"]?.string == "stage" {
            let canaries = (rollout["canaries"]?.array ?? []).compactMap(\.string).joined(separator: ", ")
            lines.append(
                "roll-out of \(rollout["revision"]?.string?.prefix(12) ?? ""), stage \(rollout["stage"]?.integer ?? 0) of "
                    + "\(rollout["stages"]?.integer ?? 0) (\(rollout["size"]?.string ?? "")): \(canaries)")
        }
        let all = status["workers"]?.array ?? []
        let meant = detail == .amiss ? all.filter { !Self.isGood($0) } : all
        let shown = detail == .amiss ? meant.prefix(Self.limit) : meant[...]
        var table = StreamingTable(widths: [24, 12, 20, 12])
        for worker in shown { lines += Self.lines(worker, &table, styled) }
        if shown.count < meant.count {
            lines.append("and \(meant.count - shown.count) more: --workers shows all")
        }
        lines += ScriptMatrix(status).lines(detail, styled)
        // The status config map has no room for all.
        if all.count < count { lines.append("of \(count) workers these \(all.count) are told of") }
        return lines
    }

    /// Whoever did not ask for all workers is not shown more of them.
    private static let limit = 20

    private static func isGood(_ worker: JSONValue) -> Bool {
        worker["state"]?.string == "current" && worker["problems"]?.array?.isEmpty != false
    }

    private static func lines(
        _ worker: JSONValue, _ table: inout StreamingTable, _ styled: (String, Terminal.Style) -> String
    ) -> [String] {
        let state = worker["state"]?.string ?? ""
        let row = table.row(
            [
                worker["worker"]?.string ?? "", state, worker["node"]?.string ?? "",
                String(worker["revision"]?.string?.prefix(12) ?? ""),
                worker["pushMilliseconds"]?.integer.map { "\($0) ms" } ?? "",
            ],
            style: { column, cell in column == 1 ? styled(cell, state == "current" ? .good : .bad) : cell })
        return [row]
            + (worker["problems"]?.array ?? []).compactMap {
                $0.string.map { "      \(CellText.printable($0, limit: 400))" }
            }
    }
}
