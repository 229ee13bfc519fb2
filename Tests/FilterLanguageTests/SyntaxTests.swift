import FilterLanguage
import JSON
import Testing

@Suite("Syntax of filters")
struct SyntaxTests {
    @Test(
        "an error says where it is and what was expected",
        arguments: [
            ("http and", 1, 9, "unexpected end of the filter (expected a value)"),
            ("http &", 1, 6, "unexpected character \"&\""),
            ("http and (", 1, 11, "unexpected end of the filter (expected a value)"),
            ("(http", 1, 6, "unexpected end of the filter (expected \")\", \"and\", \"or\" or an operator)"),
            ("http dns", 1, 6, "unexpected token \"dns\" (expected \"and\", \"or\", an operator or the end)"),
            ("a ==\n  == b", 2, 3, "unexpected token \"==\" (expected a value)"),
            ("a.", 1, 3, "unexpected end of the filter (expected a name or \"*\" after \".\")"),
            ("a..", 1, 4, "unexpected end of the filter (expected a name after \"..\")"),
            ("a[b]", 1, 3, "unexpected token \"b\" (expected an index, a string or \"*\")"),
            ("a[1", 1, 4, "unexpected end of the filter (expected \"]\")"),
            ("f(1 2)", 1, 5, "unexpected token \"2\" (expected \",\" or \")\")"),
            ("f(1,)", 1, 5, "unexpected token \")\" (expected a value)"),
            ("and", 1, 1, "unexpected token \"and\" (expected a value)"),
            ("\"abc", 1, 1, "this string does not end"), ("'a\nb'", 1, 1, "this string does not end on its line"),
            ("`a", 1, 1, "this string does not end"), ("/* a", 1, 1, "this comment does not end"),
            ("\"\\xzz\"", 1, 3, "this escape wants 2 hexadecimal digits of a character"),
            ("a == r\"(\"", 1, 6, "the regular expression is wrong at its character 2: missing closing parenthesis"),
            (
                "a == 99999999999999999999999999999999x", 1, 38,
                "unexpected token \"x\" (expected \"and\", \"or\", an operator or the end)"
            ),
            ("0xfffffffffffffffff == a", 1, 1, "this number is malformed or does not fit 64 bits"),
        ] as [(String, Int, Int, String)])
    func errors(filter: String, line: Int, column: Int, message: String) {
        #expect(throws: FilterError(line: line, column: column, message: message)) { try Filter(filter) }
    }

    @Test(
        "empty filters, comments, line breaks and escapes are read as in Go",
        arguments: [
            "", "  \n", "// nothing", "http // comment", "/* c */ http /* d */", "http\nand\n\nyes",
            "text == \"\\u0061bc\"", "text == \"\\x61bc\"", "text == 'a\\142c' or yes", "request.path == \"/cart/7\"",
            "`a\nb` == \"a\\nb\"", "'\"' == \"\\\"\"", "'it''s' == 1 or yes", "1e3 == 1000", "1.5e-1 == 0.15",
            "(((http)))", "-(-one) == 1", "true", "r or http",
        ])
    func accepted(filter: String) throws {
        switch filter {
        case "'it''s' == 1 or yes": #expect(throws: FilterError.self) { try Filter(filter) }
        case "r or http": #expect(try !Items.matches(filter))
        default: #expect(try Items.matches(filter))
        }
    }

    @Test("long filters are read without deep recursion, deep ones are refused")
    func depth() throws {
        let long = Array(repeating: "no", count: 20_000).joined(separator: " or ") + " or yes"
        #expect(try Items.matches(long))
        let deep = String(repeating: "(", count: 64) + "yes" + String(repeating: ")", count: 64)
        #expect(try Items.matches(deep))
        #expect(throws: FilterError(line: 1, column: 65, message: "nested deeper than 64 levels")) {
            try Filter("(" + deep + ")")
        }
        #expect(throws: FilterError.self) { try Filter(String(repeating: "!", count: 100) + "yes") }
        #expect(throws: FilterError.self) { try Filter(Array(repeating: "1", count: 200).joined(separator: " == ")) }
    }

    @Test("macros of macros cannot explode")
    func explosion() {
        var macros: [String: String] = [:]
        for level in 1..<40 { macros["m\(level)"] = "m\(level - 1) and m\(level - 1)" }
        #expect(throws: FilterError.self) { try Filter("m39", macros: FilterMacros(macros)) }
    }

    @Test(
        "any cut and any change of a filter is read or refused, never more",
        arguments: [
            #"(http or http2) and request.headers["X-A"] == r"^a(b|c)+$" and request..id[0].name.endsWith('.x')"#,
            #"timestamp >= datetime("3/14/2026, 6:20:30.000 AM") and !(x.json().a.*.b != -1.5e3) or redact("a.b")"#,
        ])
    func mutations(filter: String) {
        var random = SplitMix(seed: 7)
        let scalars = Array(filter.unicodeScalars)
        let spice = Array("()[].,!=<>-*\"'`r \\/0e".unicodeScalars)
        for round in 0..<1_000 {
            var changed = scalars
            for _ in 0...Int(random.next() % 4) {
                let place = Int(random.next() % UInt64(changed.count))
                switch random.next() % 3 {
                case 0: changed.remove(at: place)
                case 1: changed.insert(spice[Int(random.next() % UInt64(spice.count))], at: place)
                default: changed[place] = spice[Int(random.next() % UInt64(spice.count))]
                }
                if changed.isEmpty { changed = scalars }
            }
            if round % 3 == 0 { changed.removeLast(Int(random.next() % UInt64(changed.count))) }
            let text = String(String.UnicodeScalarView(changed))
            if let filter = try? Filter(text) { _ = filter.matches(Items.http) }
        }
    }
}

/// A small generator of random numbers that gives the same ones on every run.
struct SplitMix {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
