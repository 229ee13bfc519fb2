import JSON
import ScriptFolder
import ScriptRuntime
import Testing
import Threading
import Worker

@Suite("Scripts of a worker")
struct WorkerScriptsTests {
    private func outcome(_ verdict: ScriptVerdict) -> String {
        switch verdict.outcome {
        case .ack(_, let hooks, _): "\(verdict.index) \(verdict.title) ack \(hooks)"
        case .nack(let message, let line, let column, let formerGoesOn):
            "\(verdict.index) \(verdict.title) nack \(message.prefix(11)) \(line ?? 0):\(column ?? 0) \(formerGoesOn)"
        }
    }

    @Test("a script is acknowledged with its hooks, and a wrong one refused with line and column")
    func verdicts() async throws {
        let bench = try WorkerBench()
        let scripts = try bench.worker(bench.configuration()).scripts
        let good = await scripts.replace(
            WorkerScript(index: 4, title: "a", source: "function onItemCaptured(d) {}"))
        #expect(outcome(good) == "4 a ack [\"onItemCaptured\"]")
        let wrong = await scripts.replace(WorkerScript(index: 5, title: "b", source: "var x = 1;\n  var = 2;"))
        guard case .nack(_, let line, _, let formerGoesOn) = wrong.outcome else {
            Issue.record("it was accepted")
            return
        }
        #expect(line == 2 && !formerGoesOn)
        let throwing = await scripts.replace(WorkerScript(index: 6, title: "c", source: "\nnobody();"))
        #expect(outcome(throwing).hasPrefix("6 c nack ReferenceEr 2:"))
        #expect(scripts.outcomes == [good, wrong, throwing])
    }

    @Test("a version that is refused leaves the one before it running")
    func refused() async throws {
        let bench = try WorkerBench()
        let scripts = try bench.worker(bench.configuration()).scripts
        _ = await scripts.replace(
            WorkerScript(index: 0, title: "a", source: "function onHubAction(a) { console.log(a) }"))
        let wrong = await scripts.replace(WorkerScript(index: 0, title: "a", source: "}"))
        guard case .nack(_, _, _, let formerGoesOn) = wrong.outcome else {
            Issue.record("it was accepted")
            return
        }
        #expect(formerGoesOn)
        scripts.engine.deliver(.hubAction("still here", object: nil, sender: nil))
        await scripts.engine.untilIdle()
        #expect(bench.lines.withLock { $0.contains("[n1-0] still here") })
    }

    @Test("what is not in a complete set is removed; the same text again is not touched")
    func complete() async throws {
        let bench = try WorkerBench()
        let scripts = try bench.worker(bench.configuration()).scripts
        let source = "var n = 0; function onHubAction(a) { console.log(++n) }"
        func act() async {
            scripts.engine.deliver(.hubAction("x", object: nil, sender: nil))
            await scripts.engine.untilIdle()
        }
        let first = [
            WorkerScript(index: 0, title: "a", source: source), WorkerScript(index: 1, title: "b", source: source),
        ]
        #expect(await scripts.replaceAll(first).map(\.isAck) == [true, true])
        #expect(scripts.isReady)
        await act()
        _ = await scripts.replaceAll([first[1]])
        await act()
        #expect(scripts.outcomes.map(\.title) == ["b"])
        #expect(bench.lines.withLock { $0.sorted() } == ["[n1-0] 1", "[n1-1] 1", "[n1-1] 2"])
        await scripts.remove(title: "b")
        await act()
        #expect(scripts.outcomes.isEmpty && bench.lines.withLock { $0.count } == 3)
    }

    @Test("another env begins all scripts anew, and the same does not")
    func environment() async throws {
        let bench = try WorkerBench()
        let scripts = try bench.worker(bench.configuration()).scripts
        _ = await scripts.replace(WorkerScript(index: 0, title: "a", source: "console.log('begins', env.KEY)"))
        #expect(await scripts.setEnvironment(["KEY": "v"]).map(\.isAck) == [true])
        #expect(await scripts.setEnvironment(["KEY": "v"]).isEmpty)
        #expect(bench.lines.withLock { $0 } == ["[n1-0] begins undefined", "[n1-0] begins v"])
    }

    @Test("a title that gets another number is one script, under the new number")
    func renumbered() async throws {
        let bench = try WorkerBench()
        let scripts = try bench.worker(bench.configuration()).scripts
        let source = "function onHubAction(a) { console.log(a) }"
        _ = await scripts.replace(WorkerScript(index: 0, title: "a", source: source))
        _ = await scripts.replace(WorkerScript(index: 7, title: "a", source: source))
        scripts.engine.deliver(.hubAction("x", object: nil, sender: nil))
        await scripts.engine.untilIdle()
        #expect(bench.lines.withLock { $0 } == ["[n1-7] x"])
    }

    @Test("hub.action goes to the hub with its script, and names of the worker are those it has")
    func hub() async throws {
        let bench = try WorkerBench()
        let link = Link()
        let worker = try bench.worker(bench.configuration(), link: link)
        _ = await worker.scripts.replace(
            WorkerScript(
                index: 3, title: "a",
                source: "hub.action('seen', {n: 1}); console.log(utils.nodeName(), hub.targeted())"))
        #expect(link.acts.withLock { $0 } == ["seen {\"n\":1} a 3"])
        #expect(bench.lines.withLock { $0 } == ["[n1-3] n1 {\"targets\":[],\"excluded\":[]}"])
    }

    private final class Link: HubLink {
        let acts = Locked<[String]>([])
        var targets: JSONValue { ["targets": [], "excluded": []] }

        func act(_ action: String, object: [UInt8]?, by script: WorkerScript.Identity) {
            acts.withLock {
                $0.append("\(action) \(String(decoding: object ?? [], as: UTF8.self)) \(script.title) \(script.index)")
            }
        }
    }

    @Test("a folder's scripts are loaded, replaced when saved, and removed with their files")
    func folder() async throws {
        let bench = try WorkerBench()
        let path = try bench.write("scripts/a.js", "console.log('one')")
        let worker = try bench.worker(bench.configuration())
        let feed = FolderFeed([ScriptSource(path: bench.folder + "/scripts")]) { _ in }
        let lines = bench.lines
        let task = Task { await feed.run(worker.scripts) }
        #expect(await WorkerBench.wait { lines.withLock { $0 } == ["[n1-0] one"] })
        #expect(await WorkerBench.wait { worker.scripts.isReady })
        _ = try bench.write("scripts/a.js", "console.log('two')")
        #expect(await WorkerBench.wait { lines.withLock { $0 } == ["[n1-0] one", "[n1-0] two"] })
        unlinkFile(path)
        #expect(await WorkerBench.wait { worker.scripts.outcomes.isEmpty })
        task.cancel()
        await task.value
    }
}
