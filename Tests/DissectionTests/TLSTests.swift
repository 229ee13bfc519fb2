import JSON
import Testing

@testable import Dissection

@Suite("TLS")
struct TLSTests {
    private func record(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [type, 3, 1, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
    }
    private func handshake(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
        [type, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + body
    }

    private var clientHello: [UInt8] {
        let extensions =
            hex("0000 0010 000e 00 000b") + Array("db.internal".utf8)
            + hex("0010 0005 0003 02 6832 000a 0004 0002 001d")
            + hex("000b 0002 0100 000d 0004 0002 0403 002b 0005 04 0304 0303 0005 0000 5a5a 0000")
        let body =
            hex("0303") + Array(repeating: 7, count: 32) + [2, 9, 9] + hex("0006 1a1a 1301 c02f 01 00")
            + [0, UInt8(extensions.count)] + extensions
        return handshake(1, body)
    }

    @Test("a ClientHello says whom it wants, in records and cuts of any size", arguments: Conversation.cuts)
    func client(cuts: Conversation.Cuts) throws {
        let half = clientHello.count / 2
        let split = record(22, Array(clientHello[..<half])) + record(22, Array(clientHello[half...]))
        for bytes in [record(22, clientHello), split] {
            let items = Conversation(port: 443).client(bytes).trees(cuts)
            let data = try #require(items.first?["data"])
            #expect(items.count == 1)
            #expect(
                data["sni"] == "db.internal" && data["alpns"] == ["h2"]
                    && data["cipherSuites"] == [0x1a1a, 0x1301, 0xc02f])
            #expect(
                data["handshakeVersion"] == 0x0303 && data["negotiatedVersion"] == "TLS 1.3"
                    && data["sessionId"] == "0909")
            #expect(
                data["supportedGroups"] == [29] && data["supportedPoints"] == [0] && data["signatureAlgs"] == [0x0403])
            #expect(data["oscp"] == true && data["ocsp"] == true)
            // 771,4865-49199,0-16-10-11-13-43-5,29,0
            #expect(data["ja3"] == .string(MD5.hex("771,4865-49199,0-16-10-11-13-43-5,29,0")))
            #expect(items[0][path: "protocol.name"] == "tls" && items[0][path: "protocol.macro"] == "tlsx")
            #expect(items[0]["request"] == .null && items[0]["response"] == .null)
        }
    }

    @Test("a ServerHello of TLS 1.2 brings the names of the certificate behind it", arguments: Conversation.cuts)
    func server(cuts: Conversation.Cuts) throws {
        let body = hex("0303") + Array(repeating: 8, count: 32) + [0] + hex("c02f 00 0009 0010 0005 0003 02 6832")
        let certificate = try #require(Self.certificate)
        let count = certificate.count
        let list =
            [0, UInt8((count + 3) >> 8), UInt8((count + 3) & 255), 0, UInt8(count >> 8), UInt8(count & 255)]
            + certificate
        let flight = record(22, handshake(2, body) + handshake(11, list)) + record(23, [1, 2, 3])
        let items = Conversation(port: 443).client(record(22, clientHello)).server(flight).client(record(23, [1]))
            .trees(cuts)
        let data = try #require(items.last?["data"])
        #expect(items.count == 2 && data["handshakeType"] == 2 && data["cipherSuite"] == 0xc02f && data["alpn"] == "h2")
        #expect(data["certificateNames"] == ["shop.example", "www.shop.example", "10.0.0.1"])
        #expect(data["ja3s"] == .string(MD5.hex("771,49199,16")))
    }

    /// CN=shop.example, SAN DNS:www.shop.example, IP:10.0.0.1, as far as names go.
    private static let certificate: [UInt8]? = {
        func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
            content.count < 128 ? [tag, UInt8(content.count)] + content : [tag, 0x81, UInt8(content.count)] + content
        }
        let name = element(
            0x30, element(0x31, element(0x30, hex("0603 550403") + element(0x0c, Array("shop.example".utf8)))))
        let alternatives = element(0x82, Array("www.shop.example".utf8)) + element(0x87, [10, 0, 0, 1])
        let extensions = element(
            0xa3, element(0x30, element(0x30, hex("0603 551d11") + element(0x04, element(0x30, alternatives)))))
        let empty = element(0x30, [])
        let body = hex("a003 0201 02 0201 01") + empty + empty + empty + name + empty + extensions
        return element(0x30, element(0x30, body))
    }()

    @Test("hellos that end early are items with an error; records that are none end the reading")
    func malformed() {
        let cut = Conversation(port: 443).client(record(22, handshake(1, Array(clientHello[4..<60]))))
        #expect(cut.dissected().items.first?.error == ItemError(.dissection, "the handshake message is malformed"))
        let noise = Conversation(port: 443).client(record(22, clientHello) + [99, 99, 99, 99, 99, 99])
        #expect(noise.dissected().counters.parseErrors == ["tlsx": 1] && noise.dissected().items.count == 1)
    }

    @Test("the digest is that of RFC 1321")
    func digest() {
        #expect(MD5.hex("") == "d41d8cd98f00b204e9800998ecf8427e")
        #expect(MD5.hex("message digest") == "f96b697d7cb7938d525a2f31aaf161d0")
        #expect(
            MD5.hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890")
                == "57edf4a22be3c955ac49da2e2107b67a")
    }
}
