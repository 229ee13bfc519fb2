import Testing
import YAML

@Suite("Base64")
struct Base64Tests {
    @Test(
        "the examples of RFC 4648 hold in both directions",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func examples(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(text.utf8))
    }

    @Test("every byte survives")
    func everyByte() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }

    @Test("line breaks are passed over")
    func lineBreaks() { #expect(Base64.decode("Zm9v\r\nYmFy\n") == Array("foobar".utf8)) }

    @Test(
        "what is not base64 is refused",
        arguments: ["Z", "Zg", "Zg=", "Zg===", "Zg==Zg==", "=", "Zm9v!", "Zm-v", "Zh==", "Zm9="])
    func refused(text: String) { #expect(Base64.decode(text) == nil) }
}
