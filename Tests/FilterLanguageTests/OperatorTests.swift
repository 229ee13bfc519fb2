import FilterLanguage
import JSON
import Testing

@Suite("Operators")
struct OperatorTests {
    @Test(
        "equality compares numbers by value, structures by contents, other things by their texts",
        arguments: [
            ("text == \"abc\"", true), ("text == 'abc'", true), ("text == `abc`", true), ("text == \"ABC\"", false),
            ("text != \"abc\"", false), ("text != \"x\"", true),
            ("one == 1", true), ("one == 1.0", true), ("one == \"1\"", true), ("one == \"1.0\"", false),
            ("digits == 42", true), ("digits == 43", false), ("half == 0.5", true), ("half == \"0.5\"", true),
            ("big == 1234567", true), ("big == 1_234_567", true), ("big == \"1234567\"", true), ("one == 0x1", true),
            ("yes == true", true), ("yes == \"true\"", true), ("no == false", true), ("yes == 1", false),
            ("nothing == nil", true), ("nothing == \"null\"", true), ("nothing == 0", false), ("blank == \"\"", true),
            ("numbers == 5", true), ("numbers == 6", false), ("numbers != 6", true), ("numbers != 5", false),
            ("5 == numbers", true), ("texts == \"b\"", true), ("numbers == numbers", true), ("numbers == texts", false),
            ("empty == 1", false), ("object == object", true), ("minus == -3", true),
            ("text == r\"^a.c$\"", true), ("text == r\"b\"", true), ("r\"b\" == text", true),
            ("text == r\"^b\"", false),
            ("text != r\"^b\"", true), ("texts == r\"^b$\"", true), ("big == r\"^123\"", true),
            ("text == r'^a'", true), ("text == r`^a\\w+$`", true),
        ] as [(String, Bool)])
    func equality(filter: String, expected: Bool) throws {
        #expect(try Items.matches(filter) == expected)
    }

    @Test(
        "order compares numbers; texts that are none count as 0, true as 1, null as 0",
        arguments: [
            ("one > 0", true), ("one >= 1", true), ("one < 1", false), ("one <= 1", true), ("half > 0.4", true),
            ("digits > 41", true), ("digits < 41", false), ("text >= 0", true), ("text > 0", false), ("yes >= 1", true),
            ("yes > 1", false), ("no >= 0", true), ("nothing <= 0", true), ("nothing < 0", false), ("minus < 0", true),
            ("minus < -2", true), ("numbers > 8", true), ("numbers > 9", false), ("8 < numbers", true),
            ("9 < numbers", false), ("empty > 0", false), ("numbers <= numbers", false), ("object > 0", false),
            ("timestamp >= 1700000000000", true), ("timestamp > 1700000000000", false),
            ("text == r\"a\" and one > r\"0\"", false),
        ] as [(String, Bool)])
    func order(filter: String, expected: Bool) throws {
        #expect(try Items.matches(filter) == expected)
    }

    @Test(
        "a bare value is true if it is a non-empty text, a number above zero, true, a non-empty array or an object",
        arguments: [
            ("text", true), ("blank", false), ("one", true), ("half", true), ("zero", false), ("minus", false),
            ("yes", true), ("no", false), ("nothing", false), ("numbers", true), ("empty", false), ("object", true),
            ("1", true), ("0", false), ("-1", false), ("\"x\"", true), ("\"\"", false), ("true", true),
            ("false", false), ("nil", false), ("-minus", true), ("r\"a\"", false),
        ] as [(String, Bool)])
    func truth(filter: String, expected: Bool) throws {
        #expect(try Items.matches(filter) == expected)
    }

    @Test(
        "'!' negates the truth of any value, and takes a missing path for false",
        arguments: [
            ("!no", true), ("!yes", false), ("!!yes", true), ("!text", false), ("!blank", true), ("!zero", true),
            ("!error", true), ("!nothing", true), ("!nope", true), ("!nope.deeper", true), ("!!nope", false),
            ("!(nope == 1)", true), ("!request.path.startsWith(\"/x\")", true), ("!nope.startsWith(\"/x\")", true),
            ("!request.path.startsWith(\"/cart\") and http", false),
            ("!request.path.startsWith(\"/x\")\n and !request.path.contains(\"probe\")\n and http", true),
        ] as [(String, Bool)])
    func negation(filter: String, expected: Bool) throws {
        #expect(try Items.matches(filter) == expected)
    }

    @Test(
        "'and' and 'or' bind alike and group to the right, as in every filter written so far",
        arguments: [
            // true and (false or true)
            ("yes and no or yes", true),
            // false and (…): in languages where `and` binds tighter this is true
            ("no and yes or yes", false),
            // true or (…)
            ("yes or no and no", true), ("no or yes and no", false), ("(no and yes) or yes", true),
            ("no or no or yes", true), ("yes and yes and no", false),
        ] as [(String, Bool)])
    func precedence(filter: String, expected: Bool) throws {
        #expect(try Items.matches(filter) == expected)
    }

    @Test(
        "comparisons in a row group to the right",
        arguments: [
            ("true == one == 1", true), ("1 == one == 1", false), ("9 < 1 < 5", false), ("0 < 1 < 5", true),
            ("yes == !no", true),
        ] as [(String, Bool)])
    func rows(filter: String, expected: Bool) throws {
        #expect(try Items.matches(filter) == expected)
    }

    @Test("the first operand that decides is the last one looked at")
    func shortCircuit() throws {
        #expect(try Items.matches("yes or nope == 1"))
        #expect(try Items.matches("(no and nope) or yes"))
        #expect(try !Items.matches("no and nope == 1 or yes"))
    }

    @Test("regular expressions end where a text ends, and those that would take for ever find nothing")
    func regularExpressions() throws {
        #expect(try Filter(#"x == r"^a$""#).matches(["x": "a"] as JSONValue))
        #expect(try !Filter(#"x == r"^a$""#).matches(["x": "a\n"] as JSONValue))
        #expect(try Filter(#"x == r"(?i)ÄPFEL""#).matches(["x": "äpfel"] as JSONValue))
        let hostile: JSONValue = ["x": .string(String(repeating: "a", count: 40) + "!")]
        #expect(try !Filter(#"x == r"^(a+)+$""#).matches(hostile))
    }
}
