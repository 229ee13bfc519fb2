internal import Fleet
internal import HTTPServer
internal import JSON
internal import ScriptRuntime
internal import ScriptStore

/// The hub's HTTP API. The same paths are there below `/api`.
struct HubAPI: Sendable {
    let hub: Hub
    let authentication: HubAuthentication

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let path = request.path.hasPrefix("/api/") ? String(request.path.dropFirst(4)) : request.path
        let isReading = request.method == "GET" || request.method == "HEAD"
        if let open = await openAnswer(path, request), isReading { return open }
        // The API server shows no token; what it asks is answered from the question alone.
        if path == WorkerInjection.path, request.method == "POST" { return inject(request) }
        // Workers show tokens of their own. Their streams are the leader's alone, but a service may bring a report here.
        if path.hasPrefix("/fleet/"), let fleet = hub.fleet {
            if let leader = hub.actingLeader, path != FleetProtocol.connectPath {
                return await pass(request, to: leader)
            }
            return await fleet.answer(request)
        }
        switch await authentication.check(request, verb: isReading ? "get" : "update") {
        case .allowed: break
        case .unknown(let why): return Self.error(401, why)
        case .forbidden(let why): return Self.error(403, why)
        }
        if let leader = hub.actingLeader, !request.query.parameters.contains(where: { $0.name == "local" }) {
            return await pass(request, to: leader)
        }
        let parts = path.split(separator: "/").map(String.init)
        switch (request.method, parts.first) {
        case ("GET", "status"), ("HEAD", "status"): return Self.json(await hub.status.json)
        case ("GET", "scripts") where parts.count == 1: return scripts(request)
        case ("GET", "scripts") where parts == ["scripts", "logs"]: return console(request)
        case ("GET", "pods") where parts == ["pods", "targeted"]: return Self.json(hub.targetedPods)
        case (_, "jobs"): return jobs(request.method, Array(parts.dropFirst()))
        default: return Self.error(404, "there is no \(request.method) \(path)")
        }
    }

    private func inject(_ request: HTTPRequest) -> HTTPResponse {
        guard let review = try? JSONValue(parsing: request.body) else {
            return Self.error(400, "this is no AdmissionReview")
        }
        return hub.inject(review).map { Self.json($0) }
            ?? Self.error(404, "this hub injects no workers: start it with --inject-image")
    }

    /// The leader's answer: it alone runs hooks, so its scripts' output is what is asked for.
    private func pass(_ request: HTTPRequest, to leader: LeaderAddress) async -> HTTPResponse {
        guard request.headers[Self.passedOn] == nil else {
            return Self.error(503, "the hubs do not agree on who leads: ask again in a moment")
        }
        var headers = [(name: Self.passedOn, value: hub.configuration.identity)]
        for name in ["Authorization", "X-Remora-Token", FleetProtocol.sessionHeader] {
            if let value = request.headers[name] { headers.append((name, value)) }
        }
        do {
            let answer = try await hub.leaderLink.send(
                request.method, request.target, headers: headers, body: request.body, to: leader)
            let body = answer.body
            return HTTPResponse(
                status: answer.status, headers: ["Content-Type": answer.headers["Content-Type"] ?? "text/plain"],
                body: .stream { writer in for try await piece in body { try await writer.write(piece) } })
        } catch {
            return Self.error(503, "this hub stands by, and the one that leads cannot be asked: \(error)")
        }
    }

    private static let passedOn = "X-Remora-Passed-On-By"

    /// What everybody may ask: it tells nothing of scripts and pods but numbers.
    private func openAnswer(_ path: String, _ request: HTTPRequest) async -> HTTPResponse? {
        switch path {
        case "/livez", "/echo": return .text("ok\n")
        case "/readyz", "/healthz":
            let verbose = request.query.parameters.contains { $0.name == "verbose" }
            let page = ReadinessCheck.page(await hub.readiness, verbose: verbose)
            return .text(page.text, status: page.isReady ? 200 : 503)
        case "/metrics":
            return HTTPResponse(
                headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
                body: .bytes(Array(await hub.metrics.utf8)))
        default: return nil
        }
    }

    /// `{ "<index>": {title, code, active} }`, as upstream's dashboard reads it.
    private func scripts(_ request: HTTPRequest) -> HTTPResponse {
        var members: JSONValue = [:]
        let reading = hub.reading
        for script in reading.set.scripts {
            members[String(script.index)] = [
                "title": .string(script.title), "code": .string(script.code), "active": .boolean(script.isActive),
            ]
        }
        var response = Self.json(members)
        response.headers["ETag"] = "\"\(reading.version)\""
        return response
    }

    /// A line for each message, as it comes: text, or JSON with `?output=json`.
    private func console(_ request: HTTPRequest) -> HTTPResponse {
        let tail = request.query["tail"].flatMap { Int($0) } ?? 0
        let isJSON = request.query["output"] == "json"
        let follows = request.query["follow"] != "false"
        @Sendable func encoded(_ message: ConsoleMessage) -> [UInt8] {
            (isJSON ? message.json.encoded() : Array(message.text.utf8)) + [0x0a]
        }
        let (earlier, stream) = hub.console.follow(tail: min(tail, HubConsole.kept))
        return HTTPResponse(
            headers: ["Content-Type": isJSON ? "application/x-ndjson" : "text/plain; charset=utf-8"],
            body: .stream { writer in
                // Something at once, so that whoever waits for the answer's beginning knows that it has begun.
                try await writer.write(earlier.flatMap(encoded))
                guard follows else { return }
                for await message in stream { try await writer.write(encoded(message)) }
            })
    }

    // MARK: Jobs

    private func jobs(_ method: String, _ parts: [String]) -> HTTPResponse {
        switch (method, parts.count) {
        case ("GET", 0): return Self.json(.array(hub.jobs))
        case ("POST", 1) where parts[0] == "run":
            hub.scripts.runJobs()
            return Self.json([:])
        case ("POST", 3) where parts[1] == "run" && parts[0] == "hub":
            return hub.scripts.runJob(parts[2]) ? Self.json([:]) : Self.error(404, "no jobs found with tag \(parts[2])")
        case ("DELETE", 2) where parts[0] == "hub":
            return hub.scripts.removeJob(parts[1])
                ? Self.json([:]) : Self.error(404, "no jobs found with tag \(parts[1])")
        // A worker's name may have a slash.
        case ("POST", 3...) where parts[parts.count - 2] == "run":
            return onWorkers("job.run", parts[parts.count - 1], parts.dropLast(2).joined(separator: "/"))
        case ("DELETE", 2...):
            return onWorkers("job.remove", parts[parts.count - 1], parts.dropLast().joined(separator: "/"))
        default: return Self.error(404, "there is no \(method) /jobs/\(parts.joined(separator: "/"))")
        }
    }

    /// Has one worker do something with the jobs of a tag, or with `workers` all of them and the hub.
    private func onWorkers(_ command: String, _ tag: String, _ worker: String) -> HTTPResponse {
        let isEverywhere = worker == "workers"
        let isHere =
            isEverywhere && (command == "job.run" ? hub.scripts.runJob(tag) : hub.scripts.removeJob(tag))
        let told = hub.fleet?.command(command, ["tag": .string(tag)], to: isEverywhere ? nil : worker) ?? 0
        if told > 0 || isHere { return Self.json(["workers": .integer(Int64(told))]) }
        return isEverywhere
            ? Self.error(404, "no jobs found with tag \(tag), and no worker is connected")
            : Self.error(404, "there is no worker \(worker)")
    }

    static func json(_ value: JSONValue, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ["Content-Type": "application/json"], body: .bytes(value.encoded() + [0x0a]))
    }

    static func error(_ status: Int, _ message: String) -> HTTPResponse {
        json(["error": .string(message)], status: status)
    }
}
