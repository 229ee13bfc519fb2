import JSON
import Testing
import YAML

@Suite("No text can exhaust memory or the stack")
struct LimitTests {
    @Test("nested aliases count with all that they stand for")
    func billionLaughs() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: alias, count: 9).joined(separator: ", "))]\n"
        }
        let problem = "the text stands for more than 1000000 values with its aliases resolved (YAML.Limits.nodes)"
        let error = #expect(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error?.problem == problem)
    }

    @Test("the limit on values is exact", arguments: ["[1, 2, 3]", "[&a 1, *a, *a]", "{a: 1, b: 2, c: 3}"])
    func nodes(text: String) throws {
        var limits = YAML.Limits()
        limits.nodes = 4
        _ = try YAML.parse(text, limits: limits)
        limits.nodes = 3
        let error = #expect(throws: YAMLError.self) { try YAML.parse(text, limits: limits) }
        #expect(
            error?.problem == "the text stands for more than 3 values with its aliases resolved (YAML.Limits.nodes)")
    }

    @Test("the limit on depth is exact, in sequences and mappings")
    func depth() throws {
        let limit = YAML.Limits().depth
        for (open, close) in [("[", "]"), ("{a: ", "}")] {
            let nested = { (depth: Int) in
                String(repeating: open, count: depth) + String(repeating: close, count: depth)
            }
            _ = try YAML.parse(nested(limit))
            let error = #expect(throws: YAMLError.self) { try YAML.parse(nested(limit + 1)) }
            #expect(error?.problem == "values nest deeper than \(limit) levels (YAML.Limits.depth)")
        }
    }

    @Test("depth cannot be piled up by aliases")
    func depthByAliases() {
        var text = "a0: &a0 [x]\n"
        for level in 1...600 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        let error = #expect(throws: YAMLError.self) { try YAML.parse(text) }
        #expect(error?.problem == "values nest deeper than 512 levels (YAML.Limits.depth)")
        #expect(error?.line == 512)
    }

    @Test("a text over the byte limit is refused before it is read")
    func bytes() {
        var limits = YAML.Limits()
        limits.bytes = 3
        #expect(
            throws: YAMLError(
                line: 1, column: 1, problem: "the text has 4 bytes, more than the limit of 3 (YAML.Limits.bytes)")
        ) { try YAML.parse("[[[[", limits: limits) }
    }
}
