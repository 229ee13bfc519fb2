/// What a scalar without quotes means.
///
/// The rules are those of the YAML reader in kubectl and the API server (`sigs.k8s.io/yaml` on go-yaml v2, YAML 1.1):
/// a manifest must not mean one thing to them and another to us.
/// - `~`, `null`, `Null`, `NULL` and nothing at all are null;
/// - `true`, `yes`, `y`, `on` and `false`, `no`, `n`, `off` are booleans, each in lower case, capitalized or upper case;
/// - integers are decimal, `0x`, `0o`, `0b`, or octal after a plain `0` (`08` is no octal number and so a decimal one);
///   a sign may stand before them and `_` between their digits; beyond 64 bits they become floating-point numbers;
/// - a number with a fraction or an exponent that is too large for a `Double` is a string;
/// - sexagesimal numbers (`12:30`) and dates are strings.
enum PlainScalar: Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case double(Double)
    /// Infinity or not-a-number.
    case notFinite
    /// The text itself.
    case string

    /// Resolves `text`.
    init(_ text: String) {
        self = Self.words[text] ?? Self.number(text) ?? .string
    }

    private static let words: [String: PlainScalar] = {
        var words: [String: PlainScalar] = ["": .null, "~": .null]
        let meanings: [(PlainScalar, [String])] = [
            (.null, ["null"]), (.boolean(true), ["true", "yes", "y", "on"]),
            (.boolean(false), ["false", "no", "n", "off"]),
        ]
        for (meaning, spellings) in meanings {
            for word in spellings {
                words[word] = meaning
                words[word.prefix(1).uppercased() + word.dropFirst()] = meaning
                words[word.uppercased()] = meaning
            }
        }
        for word in [".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF"] { words[word] = .notFinite }
        for word in [".inf", ".Inf", ".INF"] {
            words["+" + word] = .notFinite
            words["-" + word] = .notFinite
        }
        return words
    }()

    private static func number(_ text: String) -> PlainScalar? {
        let utf8 = text.utf8
        guard let first = utf8.first else { return nil }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"): break
        // Behind a leading point stands a digit, and no `_`.
        case UInt8(ascii: "."): guard let second = utf8.dropFirst().first, isDigit(second) else { return nil }
        default: return nil
        }
        let digits = utf8.filter { $0 != UInt8(ascii: "_") }
        let (integer, approximation) = integer(digits)
        if let integer { return .integer(integer) }
        return decimal(digits) ?? approximation
    }

    /// The value of an integer's text in any base; if it has more than 64 bits, an approximation.
    private static func integer(_ text: [UInt8]) -> (exact: Int64?, approximation: PlainScalar?) {
        var digits = text[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        let base = base(&digits)
        guard !digits.isEmpty else { return (nil, nil) }

        var exact: UInt64? = 0
        var approximation = 0.0
        for digit in digits {
            guard let value = hexDigit(digit), value < base else { return (nil, nil) }
            approximation = approximation * Double(base) + Double(value)
            exact = exact.flatMap { appending(value, to: $0, base: base) }
        }
        let value = exact.flatMap { isNegative ? negated($0) : Int64(exactly: $0) }
        return (value, approximation.isFinite ? .double(isNegative ? -approximation : approximation) : nil)
    }

    private static func negated(_ magnitude: UInt64) -> Int64? {
        magnitude == Int64.min.magnitude ? .min : Int64(exactly: magnitude).map { -$0 }
    }

    private static func appending(_ digit: UInt64, to value: UInt64, base: UInt64) -> UInt64? {
        let (product, overflow) = value.multipliedReportingOverflow(by: base)
        let (sum, carry) = product.addingReportingOverflow(digit)
        return overflow || carry ? nil : sum
    }

    /// Takes the prefix that says the base off `digits`.
    private static func base(_ digits: inout ArraySlice<UInt8>) -> UInt64 {
        guard digits.count > 1, digits.first == UInt8(ascii: "0") else { return 10 }
        digits = digits.dropFirst()
        let base: UInt64 =
            switch digits[digits.startIndex] | 0x20 {
            case UInt8(ascii: "x"): 16
            case UInt8(ascii: "o"): 8
            case UInt8(ascii: "b"): 2
            default: 0
            }
        guard base != 0 else { return 8 }
        digits = digits.dropFirst()
        return base
    }

    /// A decimal number: `[-+]? ( .digits | digits [ . [digits] ] ) [ e [-+]? digits ]`.
    private static func decimal(_ text: [UInt8]) -> PlainScalar? {
        var rest = text[...]
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
        let hasWhole = dropDigits(&rest)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard dropDigits(&rest) || hasWhole else { return nil }
        } else if !hasWhole {
            return nil
        }
        if let letter = rest.first, letter | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard dropDigits(&rest) else { return nil }
        }
        guard rest.isEmpty, let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else {
            return nil
        }
        return .double(value)
    }

    /// Drops leading digits and says whether there were any.
    private static func dropDigits(_ text: inout ArraySlice<UInt8>) -> Bool {
        let count = text.count
        text = text.drop(while: isDigit)
        return text.count < count
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private static func hexDigit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
