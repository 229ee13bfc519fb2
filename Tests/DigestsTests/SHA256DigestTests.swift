import Digests
import Testing

@Suite("SHA-256")
struct SHA256DigestTests {
    @Test(
        "the examples of FIPS 180-4 come out",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func examples(text: String, hex: String) {
        #expect(SHA256Digest(of: text).hex == hex)
        #expect(SHA256Digest(of: text).short == String(hex.prefix(12)))
    }

    @Test("texts that Swift calls equal but that have other bytes have other digests")
    func bytes() {
        #expect("\u{e9}" == "e\u{301}")
        #expect(SHA256Digest(of: "\u{e9}") != SHA256Digest(of: "e\u{301}"))
    }
}
