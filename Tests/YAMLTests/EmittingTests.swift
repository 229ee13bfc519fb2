import JSON
import Testing
import YAML

@Suite("Writing YAML")
struct EmittingTests {
    private func emitted(_ value: JSONValue) -> String { String(decoding: YAML.emit(value), as: UTF8.self) }

    @Test("an object is written as kubectl writes it")
    func likeKubectl() {
        let value: JSONValue = [
            "apiVersion": "v1",
            "data": [
                "bool": "true", "colon": "a: b", "comment": "a #b", "dash": "- a", "date": "2001-12-14", "empty": "",
                "exp": "1e3", "num": "1", "time": "12:30", "script": "one\n  two\nthree\n", "strip": "a\nb",
                "tab": "a\tb", "star": "*a", "quote": "it's \"q\"", "null": "null", "space": " a ", "on": "off",
            ],
            "list": [1, 2.5, .null, true, [1, [2]], ["a": 1, "b": [["c": "d"]]], [], [:]],
            "none": [:],
        ]
        // The texts below "data" are those of `kubectl create configmap --dry-run=client -o yaml`, version 1.32.
        #expect(
            emitted(value) == """
                apiVersion: v1
                data:
                  bool: "true"
                  colon: 'a: b'
                  comment: 'a #b'
                  dash: '- a'
                  date: "2001-12-14"
                  empty: ""
                  exp: "1e3"
                  num: "1"
                  time: "12:30"
                  script: |
                    one
                      two
                    three
                  strip: |-
                    a
                    b
                  tab: "a\\tb"
                  star: '*a'
                  quote: it's "q"
                  "null": "null"
                  space: ' a '
                  "on": "off"
                list:
                - 1
                - 2.5
                - null
                - true
                - - 1
                  - - 2
                - a: 1
                  b:
                  - c: d
                - []
                - {}
                none: {}

                """)
    }

    @Test("long lines are not folded")
    func longLines() {
        let text = Array(repeating: "word", count: 100).joined(separator: " ")
        #expect(emitted(["a": .string(text)]) == "a: \(text)\n")
    }

    @Test("infinity and not-a-number become null, as in JSON")
    func notFinite() {
        #expect(emitted([.double(.infinity), .double(.nan), .double(-.infinity)]) == "- null\n- null\n- null\n")
    }

    static let awkward = [
        "", " ", "\n", "\n\n", " \n", "a\n", "a\n\n", "\na", " a\nb", "a \nb", "a\n b", "a\n\n\nb\n\n", "\ta", "a\t",
        "\t\n\t", "a\r\nb", "\r", "\u{0}", "\u{7f}", "\u{85}", "\u{2028}", "\u{feff}", "\u{feff}a", "é", "😀", "😀\n😀",
        "- a", "-", "--- a", "---", "...", "... a", "? a", "?", ": a", ":", "a:", "a: b", "a #b", "#", "&a", "*a", "!a",
        "!!str a", "|", ">", "'", "\"", "''", "%YAML", "@a", "`a`", "[", "]", "{", "}", ",", "[a]", "{a: b}", "a, b",
        "<<", "=", "~", "null", "true", "y", "N", "0x1F", "017", "1_000", "12:30", "1:2:3.5", "2001-12-14",
        "2001-12-14T21:59:43Z", "+1", ".5", "5.", ".inf", "-.INF", ".NaN", "\\", "\\n", "a\\", "key: |\n  block\n",
        "  indented\nthen not", "\n  indented later", "# comment\nlike", "---\ndocument", "a\n---\nb", "a\n...\nb",
        String(repeating: "long ", count: 60), String(repeating: "k", count: 2000), "\u{1F}", "a\u{a0}b", "\u{fffe}",
    ]

    @Test("awkward strings come back as they were: alone, as a value, as a key, as an element", arguments: awkward)
    func awkwardStrings(text: String) throws {
        let string = JSONValue.string(text)
        let value: JSONValue = .object([text: string, "nested \(text)": ["list": [string, [string]]]])
        #expect(try YAML.parse(YAML.emit(string)) == string)
        #expect(try YAML.parse(YAML.emit(value)) == value)
    }

    @Test("random trees come back as they were", arguments: 1...300)
    func randomTrees(seed: UInt64) throws {
        var trees = RandomTrees(seed: seed)
        let value = trees.next()
        let text = YAML.emit(value)
        let read = try YAML.parse(text)
        #expect(read == value, "seed \(seed):\n\(String(decoding: text, as: UTF8.self))")
    }
}

/// Trees from a seed, with strings that are likely to be written wrongly.
struct RandomTrees {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 }

    mutating func next() -> JSONValue { value(depth: 0) }

    private mutating func random(_ bound: UInt64) -> UInt64 {
        // SplitMix64: equal on every machine, unlike the system's generator.
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return (z ^ (z >> 31)) % bound
    }

    private mutating func value(depth: Int) -> JSONValue {
        switch random(depth > 5 ? 6 : 9) {
        case 0: return random(4) == 0 ? .null : .boolean(random(2) == 0)
        case 1: return .integer(Int64(bitPattern: random(.max)) >> Int64(random(64)))
        case 2: return .double(double())
        case 3, 4, 5: return .string(string())
        case 6: return .array((0..<random(5)).map { _ in value(depth: depth + 1) })
        default:
            var object: JSONValue = [:]
            for _ in 0..<random(5) { object[string()] = value(depth: depth + 1) }
            return object
        }
    }

    private mutating func double() -> Double {
        let number = Double(bitPattern: random(.max))
        return number.isFinite ? number : Double(random(1000)) / 8
    }

    private mutating func string() -> String {
        if random(4) == 0 { return EmittingTests.awkward[Int(random(UInt64(EmittingTests.awkward.count)))] }
        let alphabet = Array("ab01 \n\t:#-'\"[]{},&*!|>%@?~.=<\\_/é😀")
        return String((0..<random(12)).map { _ in alphabet[Int(random(UInt64(alphabet.count)))] })
    }
}
