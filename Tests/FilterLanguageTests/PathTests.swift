import FilterLanguage
import JSON
import Testing

@Suite("Paths and macros")
struct PathTests {
    @Test(
        "paths select members, elements, all of them, or those of a name at any depth",
        arguments: [
            ("request.method == \"POST\"", true), ("request.headers[\"User-Agent\"] == r\"kube-probe/.*\"", true),
            ("request.headers[\"user-agent\"] == r\"kube-probe/.*\"", true),
            ("request.headers[\"nope\"] == \"x\"", false),
            ("request.queryString.tag[0] == \"a\"", true), ("request.queryString.tag[-1] == \"b\"", true),
            ("request.queryString.tag[2] == \"b\"", false), ("request.queryString.tag == \"b\"", true),
            ("request.headers.* == \"secret\"", true), ("request.headers[*] == \"secret\"", true),
            ("request.headers.* == \"nope\"", false), ("request..dry == 1", true),
            ("request.queryString.*[0] == \"a\"", true),
            ("numbers[*] == 9", true), ("numbers[1] > 4", true), ("object[\"a\"] == 1", true),
            ("src[\"ip\"] == \"10.1.0.7\"", true),
            ("request.queryString[\"tag\"][1] == \"b\"", true),
        ] as [(String, Bool)])
    func selection(filter: String, expected: Bool) throws {
        #expect(try Items.matches(filter) == expected)
    }

    @Test("what follows a bracket continues its path, and no more")
    func brackets() throws {
        #expect(try Items.matches("request.questions[0].name == \"db.internal\" and dns", Items.dns))
        #expect(try Items.matches("dns and request.questions[0].name.endsWith(\".internal\")", Items.dns))
        #expect(try Items.matches("request.questions[*].type == \"AAAA\"", Items.dns))
        #expect(try Items.matches("request.questions..name == \"x.internal\"", Items.dns))
    }

    @Test("a path that selects nothing makes what surrounds it false, as far as the nearest parentheses")
    func missing() throws {
        #expect(try !Items.matches("nope == 1 or http"))
        #expect(try Items.matches("(nope == 1) or http"))
        #expect(try !Items.matches("nope != 1"))
        #expect(try !Items.matches("nope"))
        #expect(try !Items.matches("nope == nil"))
        #expect(try !Items.matches("response.status == 200", Items.halfConnection))
        #expect(try Items.matches("response == nil", Items.halfConnection))
    }

    @Test("a helper whose receiver is missing is false")
    func missingReceivers() throws {
        #expect(try !Items.matches("nope.contains(\"a\")"))
        #expect(try !Items.matches("nope.startsWith(\"f\")"))
        #expect(try Items.matches("nope.contains(\"a\") or http"))
    }

    @Test(
        "macros stand for whole names only",
        arguments: [
            ("http", true), ("dns", false), ("!dns", true), ("http2", false), ("https", false), ("redis or http", true),
            // part of a longer path, and within strings
            ("request.httpVersion == \"HTTP/1.1\"", true), ("request.http", false),
            ("protocol.name == \"http\"", true), ("protocol.name == 'http'", true), ("text != \"http\"", true),
            ("httpd == 1", false), ("http and response.status >= 500", true),
            ("(http or http2) and src.namespace == \"shop\"", true),
            ("tls", false), ("error", false),
        ] as [(String, Bool)])
    func macros(filter: String, expected: Bool) throws {
        #expect(try Items.matches(filter) == expected)
    }

    @Test("the fields tls and error are true when they say so")
    func bareFields() throws {
        #expect(try Items.matches("tls and error", Items.halfConnection))
        #expect(try Items.matches("https", Items.halfConnection))
        #expect(try Items.matches("error.type == \"pair-not-found\"", Items.halfConnection))
    }

    @Test("macros of one's own may use others, replace them, and must be filters")
    func customMacros() throws {
        let macros = try FilterMacros.custom(parsing: #"{"slow":"elapsedTime > 1000000","bad":"http and slow"}"#)
        #expect(try Filter("bad", macros: macros).matches(Items.http))
        #expect(try Filter("https", macros: macros).matches(Items.halfConnection))
        #expect(try FilterMacros.custom(parsing: " ") == .builtIn)
        #expect(
            throws: FilterError(
                line: 1, column: 1, message: #"in the macro "a": 1:5: unexpected end of the filter (expected a value)"#)
        ) {
            try FilterMacros.custom(parsing: #"{"a":"b =="}"#)
        }
        #expect(throws: (any Error).self) { try FilterMacros.custom(parsing: #"{"a":"b","b":"a"}"#) }
        #expect(throws: (any Error).self) { try FilterMacros.custom(parsing: #"{"a":1}"#) }
        #expect(throws: (any Error).self) { try FilterMacros.custom(parsing: "[]") }
    }

    @Test("an item that is no tree is asked for its fields, and makes a tree only for the rest")
    func shortcuts() throws {
        final class Item: FilterSubject {
            nonisolated(unsafe) static var trees = 0
            func answer(_ field: ItemField) -> FieldAnswer {
                switch field {
                case .protocolAbbreviation: .value("HTTP")
                case .responseStatus: .value(503)
                case .requestKey: .missing
                default: .askTree
                }
            }
            func answer(_ table: ItemTable, _ name: String) -> FieldAnswer { name == "Host" ? .value("a") : .missing }
            var tree: JSONValue {
                Item.trees += 1
                return ["request": ["path": "/x", "method": "GET"]]
            }
        }
        #expect(try Filter("http and response.status >= 500 and request.headers[\"Host\"] == \"a\"").matches(Item()))
        #expect(try !Filter("request.key == \"k\"").matches(Item()))
        #expect(Item.trees == 0)
        #expect(try Filter("request.path == \"/x\" and request.method == \"GET\"").matches(Item()))
        #expect(Item.trees == 1)
    }
}
