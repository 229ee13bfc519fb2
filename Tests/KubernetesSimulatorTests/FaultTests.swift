import HTTPProbe
import JSON
import KubernetesSimulator
import Testing

@Suite(.timeLimit(.minutes(2))) struct FaultTests {
    private static let path = "/api/v1/configmaps"
    private static let watch = "/api/v1/configmaps?watch=1&resourceVersion=1004"

    // MARK: Requests

    @Test("a fault hits the requests that it matches, as often as was asked, in the order of planning")
    func matching() async throws {
        try await withSimulator { simulator, probe in
            simulator.inject(
                .status(APIStatus(code: 503, reason: "ServiceUnavailable", message: "away")),
                for: RequestMatch(verb: "list", resource: "configmaps"), times: 2)
            simulator.inject(
                .answer(status: 502, contentType: "text/html", body: "<html>"),
                for: RequestMatch(resource: "configmaps"))
            #expect(try await probe.send("GET", "/api/v1/pods").status == 200)
            var statuses: [Int] = []
            for _ in 0..<4 { statuses.append(try await probe.send("GET", Self.path).status) }
            #expect(statuses == [503, 503, 502, 200])
        }
    }

    @Test("a fault without end goes on until it is called off")
    func endless() async throws {
        try await withSimulator { simulator, probe in
            var status = APIStatus(code: 429, reason: "TooManyRequests", message: "slow down")
            status.retryAfterSeconds = 7
            let fault = simulator.inject(.status(status), times: nil)
            for _ in 0..<3 {
                let answer = try await probe.send("GET", "/version")
                #expect(answer.status == 429)
                #expect(answer.headers["retry-after"] == "7")
                #expect(try answer.json["details"] == ["retryAfterSeconds": 7])
            }
            simulator.removeFault(fault)
            #expect(try await probe.send("GET", "/version").status == 200)
        }
    }

    @Test("connections are closed without an answer, or in the middle of one")
    func cuts() async throws {
        try await withSimulator { simulator, probe in
            simulator.inject(.disconnect)
            await #expect(throws: RawConnection.Closed.self) { try await probe.send("GET", Self.path) }
            simulator.inject(.truncate(afterBytes: 20))
            let answer = try await probe.open("GET", Self.path)
            #expect(try await answer.nextChunk() == #"{"kind":"ConfigMapLi"#)
            await #expect(throws: RawConnection.Closed.self) { try await answer.nextChunk() }
        }
    }

    @Test("requests hang before the header, or after it, until the client gives up")
    func hangs() async throws {
        try await withSimulator { simulator, probe in
            simulator.inject(.hang)
            let silent = try await RawConnection.open(port: probe.port)
            try await silent.send("GET \(Self.path) HTTP/1.1\r\n\r\n")
            try await eventually("the request is in") { simulator.requestCount(verb: "list") == 1 }
            silent.close()
            simulator.inject(.hangAfterHeader)
            let answer = try await probe.open("GET", Self.path)
            #expect(answer.status == 200)
            answer.close()
            try await eventually("both connections are closed") { simulator.connectionCount == 0 }
        }
    }

    @Test("a delay comes before whatever else is planned")
    func delay() async throws {
        try await withSimulator { simulator, probe async throws in
            simulator.inject(.delay(.milliseconds(50)))
            simulator.inject(.status(APIStatus(code: 500, reason: "InternalError", message: "trouble")))
            let clock = ContinuousClock()
            let start = clock.now
            #expect(try await probe.send("GET", Self.path).status == 500)
            #expect(clock.now - start >= .milliseconds(50))
        }
    }

    // MARK: Watches

    @Test("an open watch shows each fault as asked")
    func watchFaults() async throws {
        try await withSimulator { simulator, probe in
            let watch = try await probe.open("GET", Self.watch)
            let match = RequestMatch(resource: "configmaps")
            #expect(simulator.disturbWatches(.line("no JSON"), matching: match) == 1)
            #expect(simulator.disturbWatches(.bookmark(77), matching: match) == 1)
            #expect(simulator.disturbWatches(.line("lost"), matching: RequestMatch(resource: "pods")) == 0)
            simulator.disturbWatches(.repeatEvents)
            try simulator.create(configMap("one"))
            simulator.disturbWatches(.error(APIStatus(code: nil, reason: "", message: "no code")))
            #expect(try await watch.nextLine() == "no JSON")
            #expect(try await watch.nextEvent() == "BOOKMARK 77")
            #expect(try await watch.nextEvent() == "ADDED one 1005")
            #expect(try await watch.nextEvent() == "ADDED one 1005")
            #expect(
                try JSONValue(parsing: try #require(try await watch.nextLine())) == [
                    "type": "ERROR",
                    "object": [
                        "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
                        "message": "no code",
                    ],
                ])
            #expect(try await watch.nextLine() == nil)
        }
    }

    @Test("a watch is cut in the middle of a line, between two, or ended in good order")
    func watchEnds() async throws {
        try await withSimulator { simulator, probe in
            let torn = try await probe.open("GET", Self.watch)
            simulator.disturbWatches(.partialLine(#"{"type":"ADD"#))
            #expect(try await torn.nextChunk() == #"{"type":"ADD"#)
            await #expect(throws: RawConnection.Closed.self) { try await torn.nextChunk() }
            let cut = try await probe.open("GET", Self.watch)
            simulator.disturbWatches(.disconnect)
            await #expect(throws: RawConnection.Closed.self) { try await cut.nextChunk() }
            let ended = try await probe.open("GET", Self.watch)
            simulator.disturbWatches(.end)
            #expect(try await ended.nextChunk() == nil)
        }
    }

    @Test("a silent watch stays open and says nothing more, not even bookmarks")
    func silence() async throws {
        try await withSimulator {
            $0.bookmarkInterval = .milliseconds(20)
        } _: { simulator, probe in
            let query = "&allowWatchBookmarks=true&timeoutSeconds=1"
            simulator.inject(.watch([.silence]), for: RequestMatch(verb: "watch"))
            let watch = try await probe.open("GET", Self.watch + query)
            try simulator.create(configMap("one"))
            #expect(try await watch.remainingEvents() == [])
            simulator.inject(.watch([.dropBookmarks]), for: RequestMatch(verb: "watch"))
            #expect(try await probe.open("GET", Self.watch + query).remainingEvents() == ["ADDED one 1005"])
        }
    }

    @Test("going back to a backup brings the old state and its resourceVersion, and cuts all watches")
    func restore() async throws {
        try await withSimulator { simulator, probe in
            try simulator.create(configMap("kept"))
            simulator.backUp()
            try simulator.create(configMap("lost"))
            let watch = try await probe.open("GET", Self.watch)
            #expect(try await watch.nextEvent() == "ADDED kept 1005")
            #expect(try await watch.nextEvent() == "ADDED lost 1006")
            #expect(simulator.restore())
            await #expect(throws: RawConnection.Closed.self) { try await watch.nextChunk() }
            #expect(simulator.resourceVersion == 1_005)
            #expect(try await probe.send("GET", Self.path).names == ["kept"])
            #expect(!simulator.restore("unknown"))
        }
    }

    // MARK: What was asked

    @Test("requests are counted by verb and resource, and the latest remembered with their query")
    func counters() async throws {
        try await withSimulator { simulator, probe in
            _ = try await probe.send("GET", "\(Self.path)?limit=5", ["User-Agent": "test/1"])
            _ = try await probe.send("GET", "/api/v1/namespaces/default/pods/web/log")
            _ = try await probe.send("GET", "/version")
            #expect(simulator.requestCount(verb: "list", resource: "configmaps") == 1)
            #expect(simulator.requestCount(verb: "get") == 2)
            #expect(simulator.requestCount() == 3)
            let first = try #require(simulator.requests.first)
            #expect(
                [first.verb, first.resource, first.path, first.query["limit"], first.userAgent]
                    == ["list", "configmaps", Self.path, "5", "test/1"])
            #expect(simulator.requests.map(\.name) == ["", "web", ""])
            simulator.resetRequests()
            #expect(simulator.requestCount() == 0)
        }
    }

    // MARK: For scripts

    @Test("scripts plan faults, disturb watches, forget history and read counters over HTTP")
    func control() async throws {
        try await withSimulator { simulator, probe in
            func post(_ path: String, _ body: JSONValue = [:]) async throws -> HTTPProbe.Answer {
                try await probe.send("POST", "/simulator/\(path)", body: body.description)
            }
            let planned = try await post(
                "faults",
                ["match": ["verb": "list"], "times": 1, "fault": ["status": 503, "retryAfterSeconds": 2]])
            #expect(try planned.json == ["id": 1])
            #expect(try await probe.send("GET", Self.path).headers["retry-after"] == "2")
            _ = try await post("faults", ["times": .null, "fault": ["disconnect": true]])
            await #expect(throws: RawConnection.Closed.self) { try await probe.send("GET", Self.path) }
            #expect(try await probe.send("DELETE", "/simulator/faults").status == 200)

            let watch = try await probe.open("GET", Self.watch)
            let hit = try await post("watches", ["match": ["resource": "configmaps"], "fault": ["line": "x"]])
            #expect(try hit.json == ["watches": 1])
            #expect(try await watch.nextLine() == "x")
            _ = try await post("backup")
            try simulator.create(configMap("one"))
            _ = try await post("restore")
            #expect(try simulator.list("configmaps").isEmpty)
            try simulator.create(configMap("one"))
            _ = try await post("compact")
            #expect(try await probe.send("GET", Self.watch).json["object"]?["code"] == 410)
            #expect(
                try await probe.send("GET", "/simulator/requests").json
                    == ["list configmaps": 2, "watch configmaps": 2])
            #expect(try await post("faults", ["fault": ["odd": 1]]).status == 400)
            #expect(try await post("odd").status == 404)
        }
    }

    @Test("the control path can be switched off")
    func noControl() async throws {
        try await withSimulator {
            $0.offersControl = false
        } _: { _, probe async throws in
            #expect(try await probe.send("GET", "/simulator/requests").status == 404)
        }
    }
}
