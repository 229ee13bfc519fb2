import JSON
import Testing
import YAML

@testable import ScriptStore

extension ClusterTests {
    @Suite("Writing env")
    struct EnvironmentWritingTests {
        @Test("8.2#11: env goes to the secret and not to the config map, beside what else the secret holds")
        func secret() async throws {
            try await TestCluster.run { cluster in
                try cluster.createConfigMap([ConfigMapKey.scripts: "{}"])
                try cluster.simulator.create([
                    "apiVersion": "v1", "kind": "Secret",
                    "metadata": ["name": "kubeshark-secret", "namespace": "default"],
                    "data": ["LICENSE": .string(Base64.encode(Array("l".utf8)))],
                ])
                let environment = ScriptEnvironment(["PASSWORD": "it's 'hunter2'", "LIMIT": 10])
                #expect(try await cluster.store().setEnvironment(environment))
                #expect(try await cluster.store().environment() == environment)
                let secret = try cluster.simulator.get("secrets", namespace: "default", name: "kubeshark-secret")
                #expect(secret["data"]?["LICENSE"]?.string == Base64.encode(Array("l".utf8)))
                #expect(cluster.data() == [ConfigMapKey.scripts: "{}"])
            }
        }

        @Test("8.2#12: the same env is not written again, which is told by its real value")
        func unchanged() async throws {
            try await TestCluster.run { cluster in
                let store = cluster.store()
                var written: [Bool] = []
                for value in ["1", "1", "2"] {
                    written.append(try await store.setEnvironment(ScriptEnvironment(["A": .string(value)])))
                }
                #expect(written == [true, false, true])
                #expect(cluster.simulator.requestCount(verb: "update", resource: "secrets") == 1)
            }
        }

        @Test("writers of other entries at the same time lose nothing")
        func contended() async throws {
            try await TestCluster.run { cluster in
                let store = cluster.store()
                try await store.setEnvironment(ScriptEnvironment(["A": "0"]))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for i in 0..<8 {
                        group.addTask {
                            try await cluster.store().setEnvironment(ScriptEnvironment(["A": .string("\(i)")]))
                        }
                    }
                    group.addTask {
                        for i in 0..<8 {
                            try cluster.simulator.modify("secrets", namespace: "default", name: "kubeshark-secret") {
                                $0["data"]?["OTHER"] = .string(Base64.encode(Array("\(i)".utf8)))
                            }
                            try await Task.sleep(for: .milliseconds(1))
                        }
                    }
                    try await group.waitForAll()
                }
                let secret = try cluster.simulator.get("secrets", namespace: "default", name: "kubeshark-secret")
                #expect(secret["data"]?["OTHER"]?.string == Base64.encode(Array("7".utf8)))
            }
        }
    }
}
