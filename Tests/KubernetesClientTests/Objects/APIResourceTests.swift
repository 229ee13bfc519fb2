import Testing

@testable import KubernetesClient

@Suite("Resources and their paths")
struct APIResourceTests {
    private let widgets = APIResource(group: "example.com", version: "v1beta1", plural: "widgets", kind: "Widget")

    @Test("core resources live under /api, those of groups under /apis, and namespaces where there are any")
    func collections() {
        #expect(APIResource.pods.path(namespace: nil) == "/api/v1/pods")
        #expect(APIResource.pods.path(namespace: "shop") == "/api/v1/namespaces/shop/pods")
        #expect(APIResource.nodes.path(namespace: "shop") == "/api/v1/nodes")
        #expect(widgets.path(namespace: "shop") == "/apis/example.com/v1beta1/namespaces/shop/widgets")
        #expect(
            APIResource.leases.path(namespace: "kube-system")
                == "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases")
    }

    @Test("an object's path ends in its name, and that of a part of it in the part's")
    func objects() {
        #expect(APIResource.pods.path(namespace: "shop", name: "web") == "/api/v1/namespaces/shop/pods/web")
        #expect(
            APIResource.pods.path(namespace: "shop", name: "web", subresource: "status")
                == "/api/v1/namespaces/shop/pods/web/status")
        #expect(APIResource.nodes.path(namespace: nil, name: "system:node-a") == "/api/v1/nodes/system:node-a")
    }

    @Test(
        "whatever a name holds stays within its segment of the path",
        arguments: [
            ("a/b", "a%2Fb"), ("a?b#c", "a%3Fb%23c"), ("a b%", "a%20b%25"), ("ä", "%C3%A4"), ("a\r\nb", "a%0D%0Ab"),
        ])
    func escapes(name: String, escaped: String) {
        #expect(APIResource.nodes.path(namespace: nil, name: name) == "/api/v1/nodes/\(escaped)")
        #expect(APIResource.pods.path(namespace: name) == "/api/v1/namespaces/\(escaped)/pods")
    }

    @Test("selectors are escaped in queries")
    func queries() {
        var request = APIRequest.page(
            ListPageRequest(limit: 5, continueToken: "a+b="), of: .pods,
            Selection(labelSelector: "app=web,tier!=db", fieldSelector: "metadata.name=a&b"))
        #expect(
            request.target == "/api/v1/pods?labelSelector=app%3Dweb%2Ctier%21%3Ddb"
                + "&fieldSelector=metadata.name%3Da%26b&limit=5&continue=a%2Bb%3D")
        request.query = []
        #expect(request.target == "/api/v1/pods")
    }

    @Test("names are those of objects and of kubectl")
    func names() {
        #expect(APIResource.pods.apiVersion == "v1")
        #expect(APIResource.pods.qualifiedName == "pods")
        #expect(widgets.apiVersion == "example.com/v1beta1")
        #expect(widgets.qualifiedName == "widgets.example.com")
    }
}
