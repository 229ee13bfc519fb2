/// What stands in the cells of tables for people.
enum CellText {
    /// The text without anything that a terminal would take for a command, and not too long.
    ///
    /// - Parameter limit: characters at most.
    static func printable(_ text: String, limit: Int = 160) -> String {
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

    /// Nanoseconds as people read them, such as `1.3 ms`.
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
