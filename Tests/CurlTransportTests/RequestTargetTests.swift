import Testing

@testable import CurlTransport

@Suite("The parts of a URL")
struct RequestTargetTests {
    @Test(
        "what a message may say of a URL is its scheme, host and port",
        arguments: [
            ("https://api.example:6443/pods?watch=1#x", "https://api.example:6443"),
            ("HTTP://api.example", "http://api.example"), ("http://api.example?token=secret", "http://api.example"),
            ("http://api.example#secret", "http://api.example"),
            ("https://[2001:db8::1]:6443/", "https://[2001:db8::1]:6443"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]"), ("https://user:pass@word@host/x", "https://host"),
            ("https://user@host:1/@/", "https://host:1"),
        ])
    func peer(url: String, peer: String) {
        #expect(RequestTarget(url)?.peer == peer)
    }

    @Test(
        "what is no absolute URL of http or https is none at all",
        arguments: [
            "", "host/path", "user:secret@host/path", "ftp://host/", "file:///etc/passwd", "http:/host", "http://",
            "http:///path", "http://user@/path", "http://:80/", " http://host/", "http://host/a b", "http://host/\n",
            "http://host/\0", "http://höst/", "http://host/é", "://host",
        ])
    func refused(url: String) {
        #expect(RequestTarget(url) == nil)
    }

    @Test(
        "under another name the URL keeps its path, and the route leads to the old address",
        arguments: [
            ("https://10.0.0.1:6443/a?b", "https://kube:6443/a?b", "kube:6443:10.0.0.1:6443"),
            ("https://10.0.0.1/", "https://kube:443/", "kube:443:10.0.0.1:443"),
            ("http://10.0.0.1", "http://kube:80", "kube:80:10.0.0.1:80"),
            ("https://[::1]:6443/", "https://kube:6443/", "kube:6443:[::1]:6443"),
            ("https://u:p@[::1]", "https://u:p@kube:443", "kube:443:[::1]:443"),
        ])
    func renamed(url: String, newURL: String, route: String) throws {
        let renamed = try #require(RequestTarget(url)).renamed("kube")
        #expect(renamed == (newURL, route))
    }
}
