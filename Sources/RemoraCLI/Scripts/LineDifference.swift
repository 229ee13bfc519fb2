/// What differs between two texts, line by line, in the form of `diff -u`.
enum LineDifference {
    /// A line and where it is from.
    enum Line: Equatable {
        case same(Substring)
        case removed(Substring)
        case added(Substring)
    }

    private static let context = 3

    /// The lines of both texts, in an order that shows the least change (Myers' algorithm, by the standard library).
    static func lines(from old: String, to new: String) -> [Line] {
        let (old, new) = (split(old), split(new))
        // Byte by byte: texts that differ in Unicode normalization differ.
        let difference = new.difference(from: old) { $0.utf8.elementsEqual($1.utf8) }
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var lines: [Line] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            if i < old.count, removed.contains(i) {
                lines.append(.removed(old[i]))
                i += 1
            } else if j < new.count, inserted.contains(j) {
                lines.append(.added(new[j]))
                j += 1
            } else {
                guard i < old.count, j < new.count else { break }
                lines.append(.same(new[j]))
                i += 1
                j += 1
            }
        }
        return lines
    }

    private static func split(_ text: String) -> [Substring] {
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { Substring($0) }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    /// The hunks of a unified diff; empty if the texts have the same lines.
    static func unified(from old: String, to new: String) -> [String] {
        let lines = lines(from: old, to: new)
        var isShown = [Bool](repeating: false, count: lines.count)
        for (number, line) in lines.enumerated() {
            if case .same = line { continue }
            for near in max(0, number - context)...min(lines.count - 1, number + context) { isShown[near] = true }
        }
        var output: [String] = []
        var (oldLine, newLine) = (1, 1)
        var number = 0
        while number < lines.count {
            guard isShown[number] else {
                oldLine += 1
                newLine += 1
                number += 1
                continue
            }
            var hunk: [String] = []
            let (oldStart, newStart) = (oldLine, newLine)
            while number < lines.count, isShown[number] {
                switch lines[number] {
                case .same(let text):
                    hunk.append(" \(text)")
                    oldLine += 1
                    newLine += 1
                case .removed(let text):
                    hunk.append("-\(text)")
                    oldLine += 1
                case .added(let text):
                    hunk.append("+\(text)")
                    newLine += 1
                }
                number += 1
            }
            output.append("@@ -\(oldStart),\(oldLine - oldStart) +\(newStart),\(newLine - newStart) @@")
            output += hunk
        }
        return output
    }
}
