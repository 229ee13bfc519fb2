import Testing

@testable import PacketCapture

@Suite("Addresses")
struct IPAddressTests {
    @Test(
        "an address is written as people write it, and read back",
        arguments: [
            "10.0.0.1", "255.255.255.255", "0.0.0.0", "::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1",
            "fe80::1:0:0:1", "1:2:3:4:5:6:7:8",
        ])
    func roundTrip(text: String) { #expect(IPAddress(text)?.description == text) }

    @Test(
        "other ways to write an address are read too",
        arguments: [
            ("::ffff:10.1.2.3", "10.1.2.3"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
            ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
            ("0:0:1::", "0:0:1::"),
        ])
    func variants(text: String, expected: String) { #expect(IPAddress(text)?.description == expected) }

    @Test(
        "what is no address is refused",
        arguments: [
            "", "1.2.3", "1.2.3.256", "1.2.3.4.5", "a.b.c.d", ":", ":::", "1:2:3:4:5:6:7:8:9", "12345::", "::1::",
            "1.2.3.+4",
        ])
    func refused(text: String) { #expect(IPAddress(text) == nil) }
}
