import JSON
import KubernetesSimulator
import Testing

@testable import KubernetesClient

@Suite("Verbs, against the simulator")
struct VerbTests {
    @Test("a request without a name is refused before it is sent: it would be about the whole collection")
    func emptyName() async throws {
        try await Stage.run(objects: 3) { stage in
            for name in ["", ".", ".."] {
                let error = await #expect(throws: APIError.self) {
                    try await stage.client.delete(.configMaps, namespace: "default", name: name)
                }
                #expect(String(describing: error).contains("cannot delete configmaps"))
                #expect(error?.isRetryable == false)
            }
            await #expect(throws: APIError.self) {
                _ = try await stage.client.get(.configMaps, namespace: "", name: "initial-1")
            }
            #expect(stage.simulator.requestCount(verb: "delete") == 0)
            #expect(stage.simulator.requestCount(verb: "deletecollection") == 0)
            let left = try stage.simulator.snapshot("configmaps")
            #expect(left.count == 3)
        }
    }
}
