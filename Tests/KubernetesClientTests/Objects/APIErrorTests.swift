import CurlTransport
import JSON
import Testing

@testable import KubernetesClient

@Suite("API errors")
struct APIErrorTests {
    private let request = APIRequestSummary(
        verb: "list", resource: "pods", object: "in namespace shop", server: "https://10.0.0.1:6443")

    @Test(
        "an error says what could not be done, why, and what to do about it",
        arguments: [
            (
                APIStatus(code: 401, message: "Unauthorized"),
                "Unauthorized; https://10.0.0.1:6443 does not accept these credentials: renew them, or name others in the"
                    + " kubeconfig"
            ),
            (
                APIStatus(code: 403, message: "pods is forbidden"),
                "pods is forbidden; grant the verb list on pods by a Role and a RoleBinding (or the cluster-wide kinds),"
                    + " and see what is allowed with: kubectl auth can-i --list"
            ),
            (APIStatus(code: 404, reason: "NotFound", message: #"pods "x" not found"#), #"pods "x" not found"#),
            (
                APIStatus(code: 404, message: "404 page not found"),
                "404 page not found; this server does not have pods: see what it has with: kubectl api-resources"
            ),
            (
                APIStatus(code: 409, reason: "Conflict", message: "modified"),
                "modified; someone else changed it: read it again and repeat the change"
            ),
            (APIStatus(code: 409, reason: "AlreadyExists", message: "exists"), "exists"),
            (APIStatus(code: 413), "the server answers 413; the object is too large"),
            (APIStatus(code: 429), "the server answers 429; the server is busy: try again later"),
            (APIStatus(code: 503), "the server answers 503; the server is not ready: try again later"),
            (APIStatus(code: 500, message: "oops"), "oops"),
        ])
    func messages(status: APIStatus, message: String) {
        #expect(APIError.status(status, request).description == "cannot list pods in namespace shop: \(message)")
    }

    @Test("malformed answers name the server, for it may be another one than meant")
    func malformed() {
        let error = APIError.malformed(JSONError(reason: .expected("an object"), offset: 0), request)
        #expect(
            error.description == "cannot list pods in namespace shop: the answer of https://10.0.0.1:6443 is malformed"
                + " (JSON: expected an object at byte 0); is it an API server?")
        #expect(error.isRetryable)
        #expect(error.status == nil)
    }

    @Test("what may pass by itself is worth another try, what is wrong with the request is not")
    func retrying() {
        let codes = [400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 503]
        #expect(
            codes.filter { APIError.status(APIStatus(code: $0), request).isRetryable } == [409, 429, 500, 503])
    }
}
