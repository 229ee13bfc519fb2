import KubernetesConfiguration
import Testing

@Suite("Addresses of API servers")
struct ClusterURLTests {
    @Test(
        "an address is taken apart and put together again",
        arguments: [
            ("https://10.0.0.1:6443", .https, "10.0.0.1", 6443, "", "https://10.0.0.1:6443"),
            ("https://host", .https, "host", 443, "", "https://host"),
            ("https://host:443/", .https, "host", 443, "", "https://host"),
            ("http://127.0.0.1:8080", .http, "127.0.0.1", 8080, "", "http://127.0.0.1:8080"),
            ("HTTPS://Host:6443//", .https, "Host", 6443, "", "https://Host:6443"),
            (
                "https://rancher.example/k8s/clusters/c-x2k9p/", .https, "rancher.example", 443,
                "/k8s/clusters/c-x2k9p",
                "https://rancher.example/k8s/clusters/c-x2k9p"
            ),
            ("https://[fd00::1]:6443", .https, "fd00::1", 6443, "", "https://[fd00::1]:6443"),
            ("https://[fd00::1]", .https, "fd00::1", 443, "", "https://[fd00::1]"),
        ] as [(String, ClusterURL.Scheme, String, Int, String, String)])
    func parts(
        text: String, scheme: ClusterURL.Scheme, host: String, port: Int, prefix: String, description: String
    ) throws {
        let url = try ClusterURL(parsing: text)
        #expect(url.scheme == scheme)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.pathPrefix == prefix)
        #expect(url.description == description)
    }

    @Test(
        "an address that cannot be used is refused with a reason",
        arguments: [
            ("10.0.0.1:6443", "has no scheme; write it as in https://10.0.0.1:6443"),
            ("", "has no scheme; write it as in https://10.0.0.1:6443"),
            ("ftp://host", "has the scheme \"ftp\"; an API server speaks https (or http)"),
            ("https://", "names no host; write it as in https://10.0.0.1:6443"),
            ("https://:6443", "names no host; write it as in https://10.0.0.1:6443"),
            ("https://ho\"st", "names no host; write it as in https://10.0.0.1:6443"),
            ("https://me:secret@host", "holds a user name or password; put them into the user entry instead"),
            ("https://host?x=1", "has a query or a fragment; an API server's address ends with its path"),
            ("https://host/a#b", "has a query or a fragment; an API server's address ends with its path"),
            ("https://host:0", "has a port that is no number from 1 to 65535"),
            ("https://host:65536", "has a port that is no number from 1 to 65535"),
            ("https://host:", "has a port that is no number from 1 to 65535"),
            ("https://host:+1", "has a port that is no number from 1 to 65535"),
            ("https://fd00::1:6443", "has an IPv6 address without brackets; write [address]:port"),
            ("https://[fd00::1", "has a \"[\" without its \"]\""),
            ("https://[fd00::1]6443", "has more than a port behind its \"]\""),
            ("https://[fd00::g]", "names no host; write it as in https://10.0.0.1:6443"),
            ("https://host/a b", "holds a space or a character outside ASCII"),
            ("https://host\r\n", "holds a space or a character outside ASCII"),
        ])
    func refused(text: String, reason: String) {
        let error = #expect(throws: ClusterURL.Invalid.self) { try ClusterURL(parsing: text) }
        #expect(error?.description == reason)
    }

    @Test("parts make an address, with brackets where IPv6 needs them")
    func fromParts() {
        #expect(ClusterURL(scheme: .https, host: "fd00::1", port: 443)?.description == "https://[fd00::1]")
        #expect(ClusterURL(scheme: .https, host: "10.96.0.1", port: 443)?.description == "https://10.96.0.1")
        #expect(ClusterURL(scheme: .https, host: "host/path", port: 443) == nil)
        #expect(ClusterURL(scheme: .https, host: "host", port: 0) == nil)
    }
}
