import FoundationEssentials
import JSON
import Testing

@testable import Hub

/// What the webhook answers.
@Suite("A worker is put beside pods that ask for it")
struct WorkerInjectionTests {
    private func answer(
        _ pod: JSONValue, native: Bool = false, certificate: String? = "PEM"
    ) throws -> (response: JSONValue, operations: [JSONValue]) {
        let injection = WorkerInjection(image: "remora:1", namespace: "remora", hasNativeSidecars: native)
        let review: JSONValue = [
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": ["uid": "u1", "object": pod],
        ]
        let answer = try #require(injection.answer(review, certificate: certificate))
        #expect(answer["kind"] == "AdmissionReview" && answer["apiVersion"] == "admission.k8s.io/v1")
        let response = try #require(answer["response"])
        // Whatever it is, it is allowed.
        #expect(response["allowed"] == true && response["uid"] == "u1")
        guard let text = response["patch"]?.string, let bytes = Data(base64Encoded: text) else { return (response, []) }
        return (response, try JSONValue(parsing: Array(bytes)).array ?? [])
    }

    private func pod(_ spec: JSONValue = [:], labels: JSONValue = ["remora.dev/inject": "true"]) -> JSONValue {
        var spec = spec
        spec["containers"] = spec["containers"] ?? [["name": "app"]]
        return ["metadata": ["labels": labels], "spec": spec]
    }

    private func value(_ path: String, _ operations: [JSONValue]) -> JSONValue? {
        operations.last { $0["path"]?.string == path }?["value"]
    }

    @Test("where the cluster has sidecars it is the first of them; elsewhere one more container")
    func kinds() throws {
        let plain = try answer(pod()).operations
        let container = try #require(value("/spec/containers/-", plain))
        #expect(container["restartPolicy"] == nil && container["image"] == "remora:1")
        #expect(container["args"]?.array?.contains("--beside-pod=$(POD_NAMESPACE)/$(POD_NAME)") == true)
        #expect(container["securityContext"]?["capabilities"] == ["drop": ["ALL"], "add": ["NET_RAW"]])
        let native = try answer(pod(), native: true).operations
        #expect(value("/spec/initContainers", native) == [])
        #expect(value("/spec/initContainers/0", native)?["restartPolicy"] == "Always")
        #expect(value("/spec/containers/-", native) == nil)
    }

    @Test("lists that are there are added to, and not replaced")
    func lists() throws {
        var pod = pod(["volumes": [["name": "mine"]], "initContainers": [["name": "first"]]])
        pod["metadata"]?["annotations"] = ["mine": "1"]
        let operations = try answer(pod, native: true).operations
        for path in ["/spec/volumes", "/spec/initContainers", "/metadata/annotations"] {
            #expect(value(path, operations) == nil, "\(path)")
        }
        #expect(value("/metadata/annotations/remora.dev~1hub-ca", operations) == "PEM")
        #expect(operations.allSatisfy { $0["op"] == "add" })
    }

    @Test("a pod that does not ask, or has one, is left alone without a word")
    func untouched() throws {
        for pod in [
            pod(labels: [:]), pod(labels: ["remora.dev/inject": "false"]), pod(["containers": [["name": "remora"]]]),
            pod(["initContainers": [["name": "remora"]]]), ["metadata": [:], "spec": [:]],
        ] {
            let (response, operations) = try answer(pod)
            #expect(operations.isEmpty && response["warnings"] == nil)
        }
    }

    @Test("a pod that cannot have one is told why, and starts all the same")
    func impossible() throws {
        for (spec, native) in [
            (["hostNetwork": true], false), (["hostNetwork": true], true), (["restartPolicy": "Never"], false),
        ] as [(JSONValue, Bool)] {
            let (response, operations) = try answer(pod(spec), native: native)
            #expect(operations.isEmpty && response["warnings"]?.array?.count == 1)
        }
        #expect(try answer(pod(), certificate: nil).operations.isEmpty)
        #expect(try !answer(pod(["restartPolicy": "Never"]), native: true).operations.isEmpty)
    }

    @Test("what is no question gets no answer")
    func garbage() {
        let injection = WorkerInjection(image: "i", namespace: "n", hasNativeSidecars: false)
        #expect(injection.answer([:], certificate: "PEM") == nil)
        #expect(injection.answer(["request": ["object": [:]]], certificate: "PEM") == nil)
    }
}
