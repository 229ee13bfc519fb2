import JSON
import KubernetesSimulator
import Testing
import Timestamps

@Suite struct SimulatedPodTests {
    private func status(of container: String, _ pod: JSONValue) -> JSONValue? {
        pod["status"]?["containerStatuses"]?.array?.first { $0["name"]?.string == container }
    }

    private func condition(_ type: String, _ pod: JSONValue) -> String? {
        pod["status"]?["conditions"]?.array?.first { $0["type"]?.string == type }?["status"]?.string
    }

    @Test("a running pod has the size of real ones, and says who set what")
    func size() throws {
        let simulator = KubernetesSimulator()
        let pod = try simulator.create(
            SimulatedPod(name: "web-7d4b9c-x2x7k"),
            after: [.scheduled(node: "node-1"), .containerCreating, .started, .ready])
        #expect((6_000...8_500).contains(pod.encoded().count))
        #expect(
            pod["metadata"]?["managedFields"]?.array?.compactMap { $0["manager"]?.string }
                == ["kube-controller-manager", "kube-scheduler", "kubelet"])
    }

    @Test("the crash story shows what a kubelet shows at each step")
    func crashStory() throws {
        let simulator = KubernetesSimulator()
        let web = SimulatedPod(name: "web-1", node: "node-7")
        var pod = try simulator.create(web)
        #expect(pod["status"] == ["phase": "Pending", "qosClass": "BestEffort"])
        var seen: [[String]] = []
        for step in PodStep.crashStory(node: "node-7") {
            pod = try simulator.advance(web, by: step)
            let main = status(of: SimulatedPod.mainContainer, pod)
            let state = main?["state"]?.object?.elements.first
            let shown: [String?] = [
                pod["status"]?["phase"]?.string, state?.key, state?.value["reason"]?.string,
                main?["lastState"]?["terminated"]?["reason"]?.string, main?["restartCount"]?.description,
                condition("Ready", pod),
            ]
            seen.append(shown.map { $0 ?? "" })
        }
        let expected: [[String]] = [
            ["Pending", "", "", "", "", ""],
            ["Pending", "waiting", "ContainerCreating", "", "0", "False"],
            ["Running", "running", "", "", "0", "False"],
            ["Running", "running", "", "", "0", "True"],
            ["Running", "terminated", "OOMKilled", "", "0", "False"],
            ["Running", "running", "", "OOMKilled", "1", "False"],
            ["Running", "terminated", "OOMKilled", "OOMKilled", "1", "False"],
            ["Running", "waiting", "CrashLoopBackOff", "OOMKilled", "1", "False"],
            ["Running", "running", "", "OOMKilled", "2", "False"],
            ["Running", "running", "", "OOMKilled", "2", "True"],
        ]
        #expect(seen == expected)
        #expect(pod["spec"]?["nodeName"] == "node-7")
        #expect(status(of: SimulatedPod.sidecar, pod)?["restartCount"] == 0)
    }

    @Test("exits, lost readiness and evictions have the kubelet's words")
    func otherSteps() throws {
        let simulator = KubernetesSimulator()
        let web = SimulatedPod(name: "web-1")
        try simulator.create(web, after: [.scheduled(node: "node-1"), .containerCreating, .started, .ready])
        var pod = try simulator.advance(web, by: .unready)
        #expect(condition("Ready", pod) == "False")
        #expect(condition("PodScheduled", pod) == "True")
        pod = try simulator.advance(web, by: .exited(code: 3))
        let terminated = status(of: SimulatedPod.mainContainer, pod)?["state"]?["terminated"]
        #expect(terminated?["exitCode"] == 3)
        #expect(terminated?["reason"] == "Error")
        pod = try simulator.advance(web, by: .evicted(message: "The node was low on resource: memory."))
        #expect(pod["status"]?["phase"] == "Failed")
        #expect(pod["status"]?["reason"] == "Evicted")
    }

    @Test("a container that runs anew has another identity, and its condition another time")
    func identities() throws {
        var configuration = SimulatorConfiguration()
        let clock = TestClock()
        configuration.now = clock.read
        let simulator = KubernetesSimulator(configuration)
        let web = SimulatedPod(name: "web-1")
        let first = try simulator.create(web, after: [.scheduled(node: "node-1"), .containerCreating, .started])
        clock.advance(by: 60)
        let second = try simulator.advance(web, by: .exited(code: 1))
        let third = try simulator.advance(web, by: .restarted)
        let id = { (pod: JSONValue) in status(of: SimulatedPod.mainContainer, pod)?["containerID"] }
        #expect(id(first) == id(second))
        #expect(id(second) != id(third))
        #expect(
            status(of: SimulatedPod.mainContainer, third)?["lastState"]?["terminated"]?["finishedAt"]?.string
                == (fixedTime + .seconds(60)).description)
        let ready = third["status"]?["conditions"]?.array?.first { $0["type"] == "Ready" }
        #expect(ready?["lastTransitionTime"]?.string == fixedTime.description)
    }
}
