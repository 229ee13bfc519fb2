import JSON
import Testing

@Suite("JSON as a tree")
struct JSONValueTests {
    @Test("members keep their order through parsing, changing and writing")
    func order() throws {
        var value = try JSONValue(parsing: #"{"z":1,"a":2,"m":3}"#)
        value["a"] = "changed"
        value["z"] = nil
        value["new"] = [1]
        #expect(value.description == #"{"a":"changed","m":3,"new":[1]}"#)
    }

    @Test("reading what is not there gives nil, and writing makes an object of anything")
    func subscripts() {
        var value: JSONValue = [1, 2]
        #expect(value["a"] == nil)
        #expect(value[2] == nil)
        #expect(value[-1] == nil)
        #expect(value[1] == 2)
        value["a"] = true
        #expect(value == ["a": true])
        #expect(value[0] == nil)
    }

    @Test("each accessor gives its own kind only, and a number as a double either way")
    func accessors() {
        let values: [JSONValue] = [.null, true, 1, 1.5, "s", [], [:]]
        #expect(values.map(\.isNull) == [true, false, false, false, false, false, false])
        #expect(values.map(\.boolean) == [nil, true, nil, nil, nil, nil, nil])
        #expect(values.map(\.integer) == [nil, nil, 1, nil, nil, nil, nil])
        #expect(values.map(\.double) == [nil, nil, 1, 1.5, nil, nil, nil])
        #expect(values.map(\.string) == [nil, nil, nil, nil, "s", nil, nil])
        #expect(values.map(\.array) == [nil, nil, nil, nil, nil, [], nil])
        #expect(values.map(\.object) == [nil, nil, nil, nil, nil, nil, [:]])
    }

    @Test("of a literal's names that stand twice the last value counts")
    func duplicates() {
        let value: JSONValue = ["a": 1, "b": 2, "a": 3]
        #expect(value.description == #"{"a":3,"b":2}"#)
    }
}
