/// Lines up rows that come one by one: a column is as wide as its widest cell so far.
struct StreamingTable {
    private var widths: [Int]

    /// A table whose columns begin with these widths.
    init(widths: [Int]) { self.widths = widths }

    /// The row, its cells padded; the last one is not. `style` gives a cell its colour after it was measured.
    mutating func row(_ cells: [String], style: (Int, String) -> String = { $1 }) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let styled = style(column, cell)
            guard column < cells.count - 1 else { return line + styled }
            widths[column] = max(widths[column], cell.count)
            line += styled + String(repeating: " ", count: widths[column] - cell.count + 2)
        }
        return line
    }
}
