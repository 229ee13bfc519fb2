import HTTPProbe
import JSON
import KubernetesSimulator
import Testing

@Suite(.timeLimit(.minutes(2))) struct WatchingTests {
    private static let path = "/api/v1/namespaces/default/configmaps?watch=1"

    @Test("a watch from a list's resourceVersion shows every change after it, in order, and nothing else")
    func changes() async throws {
        try await withSimulator { simulator, probe in
            try simulator.create(configMap("before"))
            let watch = try await probe.open("GET", "\(Self.path)&resourceVersion=\(simulator.resourceVersion)")
            #expect(watch.status == 200)
            try simulator.create(configMap("one"))
            try simulator.create(configMap("other", namespace: "kube-system"))
            try simulator.modify("configmaps", namespace: "default", name: "one") { $0["data"] = ["a": "1"] }
            try simulator.delete("configmaps", namespace: "default", name: "one")
            #expect(try await watch.nextEvent() == "ADDED one 1006")
            #expect(try await watch.nextEvent() == "MODIFIED one 1008")
            #expect(try await watch.nextEvent() == "DELETED one 1009")
        }
    }

    @Test("a watch resumes within the history, and begins with all objects if it names no version")
    func resume() async throws {
        try await withSimulator { simulator, probe in
            for name in ["a", "b", "c"] { try simulator.create(configMap(name)) }
            try simulator.delete("configmaps", namespace: "default", name: "a")
            let resumed = try await probe.open("GET", "\(Self.path)&resourceVersion=1006")
            #expect(try await resumed.nextEvent() == "ADDED c 1007")
            #expect(try await resumed.nextEvent() == "DELETED a 1008")
            for query in ["", "&resourceVersion=0", "&resourceVersion="] {
                let fresh = try await probe.open("GET", Self.path + query)
                #expect(try await fresh.nextEvent() == "ADDED b 1006")
                #expect(try await fresh.nextEvent() == "ADDED c 1007")
            }
        }
    }

    @Test("an object that enters a watch's selection is added, one that leaves it deleted as it was")
    func selection() async throws {
        try await withSimulator { simulator, probe in
            try simulator.create(configMap("one", ["a": "1"]))
            let watch = try await probe.open("GET", "\(Self.path)&labelSelector=on%3Dyes&resourceVersion=1005")
            func set(_ label: JSONValue, _ value: JSONValue) throws {
                try simulator.modify("configmaps", namespace: "default", name: "one") {
                    $0["metadata"]?["labels"] = ["on": label]
                    $0["data"] = ["a": value]
                }
            }
            try set("no", "2")
            try set("yes", "3")
            try set("yes", "4")
            try set("no", "5")
            #expect(try await watch.nextEvent() == "ADDED one 1007")
            #expect(try await watch.nextEvent() == "MODIFIED one 1008")
            let left = try JSONValue(parsing: try #require(try await watch.nextLine()))
            #expect(left["type"] == "DELETED")
            #expect(left["object"]?["data"] == ["a": "4"])
            #expect(left["object"]?["metadata"]?["resourceVersion"] == "1009")
        }
    }

    @Test("a version whose history is forgotten is a 200 with one ERROR of code 410")
    func tooOld() async throws {
        try await withSimulator { simulator, probe in
            try simulator.create(configMap("one"))
            simulator.compact()
            let answer = try await probe.send("GET", "\(Self.path)&resourceVersion=1004")
            #expect(answer.status == 200)
            #expect(
                try answer.json == [
                    "type": "ERROR",
                    "object": [
                        "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
                        "message": "too old resource version: 1004 (1005)", "reason": "Expired", "code": 410,
                    ],
                ])
            #expect(simulator.watchCount() == 0)
        }
    }

    @Test("a watch ends in good order at its time-out, two seconds after a last bookmark if it is long enough")
    func timeout() async throws {
        try await withSimulator { simulator, probe in
            try simulator.create(configMap("one"))
            let query = "&resourceVersion=1005&allowWatchBookmarks=true"
            async let short = probe.open("GET", "\(Self.path)\(query)&timeoutSeconds=1").remainingEvents()
            async let long = probe.open("GET", "\(Self.path)\(query)&timeoutSeconds=3").remainingEvents()
            async let plain = probe.open("GET", "\(Self.path)&resourceVersion=1005&timeoutSeconds=3").remainingEvents()
            #expect(try await short == [])
            #expect(try await long == ["BOOKMARK 1005"])
            #expect(try await plain == [])
            try await eventually("all watches are forgotten") { simulator.watchCount() == 0 }
        }
    }

    @Test("bookmarks come at their interval, and say how far the whole server is")
    func bookmarks() async throws {
        try await withSimulator {
            $0.bookmarkInterval = .milliseconds(20)
        } _: { simulator, probe in
            let watch = try await probe.open("GET", "\(Self.path)&resourceVersion=1004&allowWatchBookmarks=true")
            #expect(
                try JSONValue(parsing: try #require(try await watch.nextLine())) == [
                    "type": "BOOKMARK",
                    "object": [
                        "kind": "ConfigMap", "apiVersion": "v1",
                        "metadata": ["resourceVersion": "1004", "creationTimestamp": .null],
                    ],
                ])
            try simulator.create(pod("unrelated"))
            while let event = try await watch.nextEvent(), event != "BOOKMARK 1005" {
                #expect(event == "BOOKMARK 1004")
            }
        }
    }

    @Test("a watch from the future is silent until its time-out")
    func future() async throws {
        try await withSimulator {
            $0.bookmarkInterval = .milliseconds(20)
        } _: { simulator, probe in
            let query = "&resourceVersion=9999&allowWatchBookmarks=1&timeoutSeconds=1"
            let watch = try await probe.open("GET", Self.path + query)
            try simulator.create(configMap("one"))
            #expect(try await watch.remainingEvents() == [])
        }
    }

    @Test("a streaming list is answered 422 unless it is switched on; then a bookmark ends the initial events")
    func streamingList() async throws {
        let query = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        try await withSimulator { _, probe async throws in
            #expect(try await probe.send("GET", Self.path + query).status == 422)
        }
        try await withSimulator {
            $0.offersStreamingLists = true
        } _: { simulator, probe in
            try simulator.create(configMap("one"))
            let watch = try await probe.open("GET", Self.path + query)
            #expect(try await watch.nextEvent() == "ADDED one 1005")
            let bookmark = try JSONValue(parsing: try #require(try await watch.nextLine()))
            #expect(
                bookmark["object"]?["metadata"] == [
                    "resourceVersion": "1005", "creationTimestamp": .null,
                    "annotations": ["k8s.io/initial-events-end": "true"],
                ])
            try simulator.create(configMap("two"))
            #expect(try await watch.nextEvent() == "ADDED two 1006")
        }
    }

    @Test("a watch of one object, and a watch of tables")
    func otherForms() async throws {
        try await withSimulator { simulator, probe in
            try simulator.create(configMap("one"))
            try simulator.create(configMap("two"))
            let single = try await probe.open("GET", "/api/v1/namespaces/default/configmaps/two?watch=true")
            #expect(try await single.nextEvent() == "ADDED two 1006")
            let table = try await probe.open(
                "GET", Self.path, ["Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"])
            let line = try JSONValue(parsing: try #require(try await table.nextLine()))
            #expect(line["object"]?["kind"] == "Table")
            #expect(line["object"]?["rows"]?[0]?["cells"] == ["one", 0, "0s"])
        }
    }

    @Test("a client that does not read is cut off when its queue is full, and nobody else waits for it")
    func slowWatcher() async throws {
        try await withSimulator {
            $0.watchQueueLimit = 8
        } _: { simulator, probe in
            let slow = try await RawConnection.open(port: probe.port, reads: false)
            try await slow.send("GET \(Self.path) HTTP/1.1\r\n\r\n")
            try await eventually("the watch is open") { simulator.watchCount() == 1 }
            let large = String(repeating: "x", count: 900_000)
            var version = 0
            try await eventually("the watcher is cut off") {
                version += 1
                _ = try? simulator.create(configMap("c\(version)", ["x": .string(large)]))
                return simulator.watchCount() == 0
            }
            #expect(version > 8)
        }
    }

    @Test("a watch that its client closes is forgotten at once")
    func closedByClient() async throws {
        try await withSimulator { simulator, probe in
            let watch = try await probe.open("GET", Self.path)
            #expect(simulator.watchCount("configmaps") == 1)
            #expect(simulator.watchCount("pods") == 0)
            watch.close()
            try await eventually("the watch is forgotten") { simulator.watchCount() == 0 }
        }
    }
}
