import Hub
import JSON
import KubernetesClient
import KubernetesSimulator
import Testing

/// Edits of the config map and the secret, to running scripts.
@Suite("Hot reload")
struct ReloadTests {
    private static func script(_ word: String) -> String {
        "console.log('loaded \(word)');\nfunction onHubAction(a, o) { console.log('\(word)', a); }"
    }
    private static let broken = "var a = 1;\nvar = 2;\n"

    private func state(_ hub: RunningHub, _ index: Int) async throws -> (state: String, line: Int64?, error: String?) {
        let scripts = await hub.hub.status.json["scripts"]?.array ?? []
        let script = scripts.first { $0["index"]?.integer == Int64(index) }
        return (
            script?["state"]?.string ?? "none", script?["error"]?["line"]?.integer, script?["error"]?["message"]?.string
        )
    }

    @Test("good, broken, good: the old version runs on while the new one is broken, and others are not touched")
    func goodBadGood() async throws {
        let stage = try await HubStage(scripts: [Self.script("one"), Self.script("other")])
        let hub = stage.start()
        await hub.expect("[hub-0] loaded one", "[hub-1] loaded other")
        try stage.edit([Self.broken, Self.script("other")])
        #expect(await eventually { (try? await self.state(hub, 0).state) == "outdated" })
        let outcome = try await state(hub, 0)
        #expect(outcome.line == 2)
        #expect(outcome.error?.hasPrefix("SyntaxError") == true)
        try stage.edit([Self.script("two"), Self.script("other")])
        await hub.expect("[hub-0] loaded two")
        #expect(await eventually { (try? await self.state(hub, 0).state) == "running" })
        #expect(hub.output.filter { $0 == "[hub-1] loaded other" }.count == 1)
        #expect(hub.output.contains { $0.hasPrefix("[hub-0:ERROR] (load) SyntaxError") })
        await hub.stop()
        await stage.stop()
    }

    @Test("what became of scripts stands in the status config map and in Events on the config map")
    func published() async throws {
        let stage = try await HubStage(scripts: [Self.script("one")])
        let hub = stage.start()
        func summary() async throws -> String? {
            try await stage.client.get(
                ConfigMap.self, namespace: HubStage.namespace, name: "kubeshark-config-map-status"
            ).data["summary"]
        }
        #expect(await eventually { (try? await summary()) == "1 running" })
        try stage.edit([Self.broken])
        #expect(
            await eventually {
                (try? await summary())?.hasPrefix("0 running, 1 outdated, script 0 (s0): SyntaxError") == true
            })
        #expect(try await eventually { try await stage.events().contains { $0.reason == "ScriptRejected" } })
        let event = try #require(try await stage.events().first { $0.reason == "ScriptRejected" })
        #expect(event.object.name == "kubeshark-config-map" && event.type == "Warning")
        #expect(event.message.contains("line 2"))
        await hub.stop()
        await stage.stop()
    }

    @Test("env comes from the secret, and a change of it begins all scripts anew; values are logged nowhere")
    func environment() async throws {
        let script = "console.log(env.TOKEN ? 'length ' + env.TOKEN.length : 'none', typeof TOKEN);"
        let stage = try await HubStage(scripts: [script])
        let hub = stage.start()
        await hub.expect("[hub-0] none undefined")
        // {"TOKEN":"s3cret-value"} in base64, as a secret's data is.
        try stage.simulator.create([
            "apiVersion": "v1", "kind": "Secret",
            "metadata": ["name": "kubeshark-secret", "namespace": .string(HubStage.namespace)],
            "data": ["SCRIPTING_ENV": "eyJUT0tFTiI6InMzY3JldC12YWx1ZSJ9"],
        ])
        await hub.expect("[hub-0] length 12 string")
        #expect(!hub.log.contains { $0.contains("s3cret-value") })
        #expect(!(try await hub.get("/status").body.contains("s3cret-value")))
        await hub.stop()
        await stage.stop()
    }

    @Test("an invalid value leaves the one before in force and says so; a deleted config map takes no script with it")
    func invalid() async throws {
        let stage = try await HubStage(scripts: [Self.script("one")])
        try stage.edit("POD_REGEX", "^web-")
        let hub = stage.start()
        await hub.expect("[hub-0] loaded one")
        try stage.edit("POD_REGEX", "(")
        #expect(
            await eventually {
                await hub.hub.status.problems.contains { $0.hasPrefix("POD_REGEX wants a regular expression") }
            })
        #expect(hub.hub.reading.keys.podRegex == "^web-")
        try stage.edit("SCRIPTING_SCRIPTS", "{\"0\":")
        #expect(await eventually { await hub.hub.status.problems.contains { $0.contains("the scripts before go on") } })
        #expect(await hub.hub.status.count(.running) == 1)
        try stage.simulator.delete("configmaps", namespace: HubStage.namespace, name: "kubeshark-config-map")
        #expect(await eventually { await hub.hub.status.problems.contains { $0.hasPrefix("there is no config map") } })
        #expect(await hub.hub.status.count(.running) == 1)
        await hub.stop()
        await stage.stop()
    }

    @Test("a script that is deactivated or removed stops")
    func removal() async throws {
        let stage = try await HubStage(scripts: [Self.script("one"), Self.script("two")])
        let hub = stage.start()
        await hub.expect("[hub-0] loaded one", "[hub-1] loaded two")
        try stage.edit(
            "SCRIPTING_SCRIPTS",
            #"{"0":{"title":"s0","code":"","active":false}}"#)
        #expect(await eventually { await hub.hub.status.scripts.map(\.state) == [.inactive] })
        await hub.stop()
        await stage.stop()
    }
}
