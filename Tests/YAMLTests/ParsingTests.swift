import JSON
import Testing
import YAML

@Suite("Reading YAML")
struct ParsingTests {
    @Test("a kubeconfig in block style becomes a tree, members in order")
    func blockStyle() throws {
        let text = """
            # a comment
            apiVersion: v1
            clusters:
            - name: one
              cluster: {server: "https://one:6443", insecure-skip-tls-verify: false}
            - name: two
              cluster:
                server: https://two
                certificate-authority-data: |
                  QUJD
                  REVG
            current-context: 'it''s'
            empty:
            list: []
            """
        let expected: JSONValue = [
            "apiVersion": "v1",
            "clusters": [
                ["name": "one", "cluster": ["server": "https://one:6443", "insecure-skip-tls-verify": false]],
                ["name": "two", "cluster": ["server": "https://two", "certificate-authority-data": "QUJD\nREVG\n"]],
            ],
            "current-context": "it's", "empty": .null, "list": [],
        ]
        #expect(try YAML.parse(text) == expected)
    }

    @Test("JSON is YAML")
    func json() throws {
        let text = #"{"a": [1, 2.5, "x\n\u00e9😀", true, null], "b": {"c": {}}}"#
        #expect(try YAML.parse(text) == JSONValue(parsing: Array(text.utf8)))
    }

    @Test("a text without a document is null, and no documents", arguments: ["", "\n", "# nothing\n"])
    func empty(text: String) throws {
        #expect(try YAML.parse(text) == .null)
        #expect(try YAML.parseAll(text) == [])
    }

    @Test("parseAll gives every document, anchors apart")
    func manyDocuments() throws {
        #expect(try YAML.parseAll("a: &x 1\n---\n- 2\n---\n---\n\"3\"\n...\n") == [["a": 1], [2], .null, "3"])
        #expect(throws: YAMLError(line: 3, column: 4, problem: "no anchor \"x\" stands before this alias")) {
            try YAML.parseAll("a: &x 1\n---\na: *x\n")
        }
    }

    @Test("aliases stand for the whole value of their anchor")
    func aliases() throws {
        let text = "a: &a {x: [1, &b two]}\nc: *a\nd: [*b, *b]\n&k key: *k\n"
        let shared: JSONValue = ["x": [1, "two"]]
        #expect(try YAML.parse(text) == ["a": shared, "c": shared, "d": ["two", "two"], "key": "key"])
    }

    @Test("merged members follow explicit ones, which win wherever they stand")
    func merge() throws {
        let text = """
            base: &base {a: 1, b: 2}
            other: &other {b: 3, c: 4}
            one: {<<: *base, b: 5}
            two: {b: 5, <<: *base}
            many: {<<: [*base, *other]}
            nested: {<<: {<<: *base, a: 6}}
            text: {"<<": *base}
            tagged: {!!str <<: *base}
            """
        let base: JSONValue = ["a": 1, "b": 2]
        #expect(
            try YAML.parse(text) == [
                "base": base, "other": ["b": 3, "c": 4], "one": ["b": 5, "a": 1], "two": ["b": 5, "a": 1],
                "many": ["a": 1, "b": 2, "c": 4], "nested": ["a": 6, "b": 2], "text": ["<<": base],
                "tagged": ["<<": base],
            ])
    }

    @Test(
        "a fault is reported with its place",
        arguments: [
            ("a: 1\nb: 2\na: 3\n", 3, 1, "the key \"a\" stands twice in this mapping"),
            ("{1: x, \"1\": y}", 1, 8, "the key \"1\" stands twice in this mapping"),
            ("{<<: {a: 1}, <<: {b: 1}}", 1, 14, "the key \"<<\" stands twice in this mapping"),
            ("x: {<<: 5}", 1, 9, "the value of \"<<\" must be a mapping or a sequence of mappings"),
            ("x: {<<: [{a: 1}, 5]}", 1, 9, "the value of \"<<\" must be a mapping or a sequence of mappings"),
            ("{[1]: 2}", 1, 2, "a mapping's key must be a scalar"),
            ("~: 2", 1, 1, "a mapping's key must be a scalar, not null"),
            ("[a, *nope]", 1, 5, "no anchor \"nope\" stands before this alias"),
            ("x: &a [*a]", 1, 8, "the anchor \"a\" contains itself"),
            ("a: 1\n---\nb: 2\n", 2, 1, "a second document begins here; only one is expected"),
        ])
    func faults(text: String, line: Int, column: Int, problem: String) {
        #expect(throws: YAMLError(line: line, column: column, problem: problem)) { try YAML.parse(text) }
    }

    @Test(
        "a syntax error is reported with its place and what was being read",
        arguments: [
            ("a: [1, 2\n", "line 2, column 1: while parsing a flow sequence: did not find expected ',' or ']'"),
            ("a: 1\n  b: 2\n", "line 2, column 4: mapping values are not allowed in this context"),
            (
                "a: 1\n\tb: 2\n",
                "line 2, column 1: while scanning a plain scalar: found a tab character that violates indentation"
            ),
            ("a: 'open\n", "line 2, column 1: while scanning a quoted scalar: found unexpected end of stream"),
        ])
    func syntaxErrors(text: String, message: String) {
        let error = #expect(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error?.description == message)
    }

    @Test("bytes that are not UTF-8 are reported with the line they stand on")
    func invalidUTF8() {
        let error = #expect(throws: YAMLError.self) { try YAML.parse(Array("a: 1\nbc: ".utf8) + [0xff, 0x0a]) }
        #expect(error == YAMLError(line: 2, column: 5, problem: "invalid leading UTF-8 octet"))
    }
}
