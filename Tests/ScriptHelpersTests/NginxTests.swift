import Testing

@testable import ScriptHelpers

@Suite("Helpers against nginx", .enabled(if: WebServer.isWanted, "needs nginx and openssl"))
struct NginxTests {
    /// A script's beginning: `call` prints the status, the body or the error's code.
    private static let call = """
        function call(method, url, options) {
          try {
            var answer = vendor.request(method, url, options || {});
            console.log(answer.status, answer.body);
          } catch (e) {
            console.log(e.code);
          }
        }

        """

    @Test("redirects are followed as browsers do, credentials stay with the server they were meant for")
    func redirects() async throws {
        try await WebServer.run { server in
            let lines = try await HelperBench.run(
                Self.call + """
                    var secret = { headers: { Authorization: "secret" }, body: "x" };
                    call("POST", "\(server.url)/moved", secret);
                    call("POST", "\(server.url)/see-other", secret);
                    call("POST", "\(server.url)/keep", secret);
                    call("GET", "\(server.url)/elsewhere", { headers: { Authorization: "secret" } });
                    call("GET", "\(server.url)/loop");
                    call("GET", "\(server.url)/metadata");
                    """)
            #expect(
                lines == [
                    "200 GET secret", "200 GET secret", "200 POST secret", "200 GET ", "REDIRECT",
                    "FORBIDDEN_ADDRESS",
                ])
        }
    }

    @Test("a certificate is trusted if its authority, name and dates are right")
    func certificates() async throws {
        try await WebServer.run { server in
            let source =
                Self.call + """
                    call("GET", "\(server.tls.good)/");
                    call("GET", "\(server.tls.otherName)/");
                    call("GET", "\(server.tls.expired)/");
                    """
            #expect(try await HelperBench.run(source) == ["TLS", "TLS", "TLS"])
            let trusting = try await HelperBench.run(source, process: ["REMORA_EXTRA_CA_FILE": server.authority])
            #expect(trusting == ["200 over TLS", "TLS", "TLS"])
        }
    }

    @Test("an answer that dawdles ends with the call's time, one that is garbled with an error; the script goes on")
    func bodies() async throws {
        try await WebServer.run { server in
            let lines = try await HelperBench.run(
                Self.call + """
                    call("GET", "\(server.url)/slow", { timeoutMs: 1500 });
                    call("GET", "\(server.url)/broken");
                    call("GET", "\(server.url)/seen");
                    """)
            #expect(lines == ["TIMEOUT", "INTERRUPTED", "200 GET "])
        }
    }
}
