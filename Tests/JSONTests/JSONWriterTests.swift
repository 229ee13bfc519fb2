import JSON
import Testing

@Suite("Writing JSON")
struct JSONWriterTests {
    @Test("commas stand between members and elements and nowhere else")
    func compact() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", "x")
        writer.key("b")
        writer.beginArray()
        writer.write(1 as Int64)
        writer.write(true)
        writer.writeNull()
        writer.beginObject()
        writer.endObject()
        writer.endArray()
        writer.key("raw")
        Array(#"{"as":["it","is"]}"#.utf8).withUnsafeBytes { writer.writeRaw($0) }
        writer.member("z", "")
        writer.endObject()
        #expect(text(writer) == #"{"a":"x","b":[1,true,null,{}],"raw":{"as":["it","is"]},"z":""}"#)
    }

    @Test("with an indent each level has its lines, and empty brackets stay together")
    func indented() {
        let value: JSONValue = ["a": [1, [], [:]], "b": ["c": .null]]
        #expect(
            String(decoding: value.encoded(indent: 2), as: UTF8.self) == """
                {
                  "a": [
                    1,
                    [],
                    {}
                  ],
                  "b": {
                    "c": null
                  }
                }
                """)
    }

    @Test(
        "only what JSON demands is escaped",
        arguments: [
            ("", #""""#), ("plain é€😀", #""plain é€😀""#), ("\"\\/", #""\"\\/""#), ("\n\r\t", #""\n\r\t""#),
            ("\0\u{8}\u{1f}", #""\u0000\u0008\u001f""#), ("a\nb\"c", #""a\nb\"c""#),
            ("\u{7f}\u{2028}", "\"\u{7f}\u{2028}\""),
        ])
    func escapes(value: String, json: String) throws {
        #expect(JSONValue.string(value).description == json)
        #expect(try JSONValue(parsing: json) == .string(value))
    }

    @Test(
        "numbers are written so that JavaScript and API servers read the same",
        arguments: [
            (3, "3"), (-0.0, "0"), (0.1, "0.1"), (1e16, "1e+16"), (.leastNonzeroMagnitude, "5e-324"), (-2.5, "-2.5"),
            (.infinity, "null"), (-.infinity, "null"), (.nan, "null"),
            (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
        ] as [(Double, String)])
    func doubles(value: Double, json: String) {
        #expect(JSONValue.double(value).description == json)
    }

    @Test(
        "the extreme integers are written exactly",
        arguments: [(Int64.min, "-9223372036854775808"), (.max, "9223372036854775807")])
    func integers(value: Int64, json: String) {
        #expect(JSONValue.integer(value).description == json)
    }

    @Test("an emptied writer begins anew")
    func removeAll() {
        var writer = JSONWriter(indent: 1)
        writer.beginObject()
        writer.key("half")
        writer.removeAll()
        writer.beginArray()
        writer.write("x")
        writer.endArray()
        #expect(text(writer) == "[\n \"x\"\n]")
    }

    private func text(_ writer: JSONWriter) -> String { String(decoding: writer.bytes, as: UTF8.self) }

    @Test("what has to be escaped is found at every distance from the start, and nothing else is escaped")
    func escapes() throws {
        for length in 0..<20 {
            for place in 0..<length {
                for code in UInt8(0)..<0x80 {
                    var text = Array(repeating: UInt8(ascii: "x"), count: length)
                    text[place] = code
                    var writer = JSONWriter()
                    writer.write(String(decoding: text, as: UTF8.self))
                    let isEscaped = code < 0x20 || code == 0x22 || code == 0x5c
                    #expect(writer.bytes.contains(UInt8(ascii: "\\")) == isEscaped)
                    #expect(try JSONValue(parsing: writer.bytes).string == String(decoding: text, as: UTF8.self))
                }
            }
        }
        let text = "ünï\u{1}cödé \u{1F600}\" \u{80}\u{A0}\u{2028}"
        var writer = JSONWriter()
        writer.write(text)
        #expect(try JSONValue(parsing: writer.bytes).string == text)
    }
}
