import KubernetesConfiguration
import Testing
import Timestamps

@Suite("Credentials and impersonation")
struct CredentialsTests {
    @Test("the Authorization header is as RFC 6750 and RFC 7617 have it")
    func headerValues() {
        #expect(Credentials.Authorization.none.headerValue == nil)
        #expect(Credentials.Authorization.bearer(token: "abc").headerValue == "Bearer abc")
        #expect(
            Credentials.Authorization.basic(user: "Aladdin", password: "open sesame").headerValue
                == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    }

    @Test("a description says which kinds of credential there are")
    func description() {
        let credentials = Credentials(
            authorization: .bearer(token: "abc"), clientCertificate: Samples.pair("a", "b"),
            expiresAt: Timestamp(sinceEpoch: .seconds(1_700_000_000)))
        #expect(
            credentials.description == "Credentials(bearer token, client certificate, until 2023-11-14T22:13:20Z)")
    }

    @Test("impersonation becomes headers, with the keys of extra attributes encoded")
    func impersonation() {
        let impersonation = Impersonation(
            user: "jane", uid: "42", groups: ["dev", "ops"],
            extra: ["scopes": ["view", "edit"], "acme.com/Project%": ["x"]])
        #expect(
            impersonation.headers.map { "\($0.name): \($0.value)" } == [
                "Impersonate-User: jane", "Impersonate-Uid: 42", "Impersonate-Group: dev", "Impersonate-Group: ops",
                "Impersonate-Extra-acme.com%2FProject%25: x", "Impersonate-Extra-scopes: view",
                "Impersonate-Extra-scopes: edit",
            ])
    }
}
