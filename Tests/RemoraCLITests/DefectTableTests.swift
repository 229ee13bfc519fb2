import FoundationEssentials
import Testing

/// `docs/upstream-defects.md` promises a test for each defect; this one holds it to that.
@Suite("The table of upstream's defects")
struct DefectTableTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

    private struct Row {
        let number: String
        let file: String
        let test: String
    }

    @Test("every defect of folder sync and of activation has a row, and every test in it exists by that name")
    func complete() throws {
        let text = try String(contentsOfFile: Self.root + "/docs/upstream-defects.md", encoding: .utf8)
        let rows = text.split(separator: "\n").compactMap { line -> Row? in
            // | 8.1#1 | defect | what is done | `File.swift`: name of the test |
            let cells = line.split(separator: "|").map { $0.trimmingPrefix(while: \.isWhitespace) }
            guard cells.count >= 4, cells[0].hasPrefix("8."), let tick = cells[3].dropFirst().firstIndex(of: "`")
            else { return nil }
            return Row(
                number: String(cells[0].prefix { !$0.isWhitespace }), file: String(cells[3][..<tick].dropFirst()),
                test: String(cells[3][tick...].dropFirst(3)).trimmed)
        }
        let wanted = (1...20).map { "8.1#\($0)" } + (1...14).map { "8.2#\($0)" }
        #expect(Set(rows.map(\.number)) == Set(wanted))
        for row in rows {
            let source = try String(contentsOfFile: "\(Self.root)/Tests/\(row.file)", encoding: .utf8)
            #expect(source.contains("\"\(row.test)\""), "\(row.number): \(row.file) has no test \"\(row.test)\"")
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
