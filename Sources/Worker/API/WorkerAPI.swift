internal import FilterLanguage
internal import Glibc
internal import HTTPServer
internal import JSON
internal import Metrics
internal import PacketCapture
internal import ScriptTraffic

/// A worker's local HTTP API: figures for everybody; scripts, settings and packets for whoever is on this machine, or has the
/// token.
struct WorkerAPI: Sendable {
    let worker: Worker

    /// A snapshot is sent in pieces of this size.
    private static let pieceBytes = 256 << 10

    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        let isReading = request.method == "GET" || request.method == "HEAD"
        if isReading, let open = openAnswer(request.path) { return open }
        if let refusal = refusal(request) { return refusal }
        let parts = request.path.split(separator: "/").map(String.init)
        do {
            switch (request.method, parts.first, parts.count) {
            case ("GET", "status", 1): return Self.json(worker.status.json)
            case ("GET", "scripts", 1): return Self.json(.array(worker.scripts.outcomes.map(\.json)))
            case ("GET", "settings", 1): return Self.json(worker.trafficSettings.json)
            case ("PUT", "settings", 1): return try change(request)
            case ("GET", "snapshots", 1): return Self.json(.array(worker.snapshots.list().map(\.json)))
            case ("POST", "snapshots", 1): return try await take(request)
            case ("GET", "snapshots", 2): return download(parts[1])
            case ("DELETE", "snapshots", 2):
                try worker.snapshots.remove(parts[1])
                return Self.json([:])
            default: return Self.error(404, "there is no \(request.method) \(request.path)")
            }
        } catch let error as ArchiveError {
            if case .diskFull = error { return Self.error(507, "\(error)") }
            return Self.error(409, "\(error)")
        } catch {
            return Self.error(
                error is JSONError || error is SelectionError || error is FilterError ? 400 : 409, "\(error)")
        }
    }

    /// What everybody may ask: it tells nothing of scripts and packets but numbers.
    private func openAnswer(_ path: String) -> HTTPResponse? {
        switch path {
        case "/livez", "/echo": .text("ok\n")
        case "/readyz", "/healthz":
            worker.scripts.isReady
                ? .text("ok\n") : .text("the first set of scripts is not loaded yet\n", status: 503)
        case "/metrics":
            HTTPResponse(
                headers: ["Content-Type": MetricRegistry.contentType],
                body: .bytes(Array(worker.exposition().utf8)))
        default: nil
        }
    }

    // MARK: Who may ask

    private func refusal(_ request: HTTPRequest) -> HTTPResponse? {
        if let path = worker.configuration.tokenFile {
            // Read each time: a token that is replaced counts at once.
            guard let bytes = SnapshotStore.read(path, limit: 4096) else {
                return Self.error(401, "the worker cannot read its token file")
            }
            let wanted = bytes.filter { $0 > 0x20 }
            let given = request.headers["Authorization"].flatMap { $0.hasPrefix("Bearer ") ? $0.dropFirst(7) : nil }
            guard let given, !wanted.isEmpty, Self.isEqual(Array(given.utf8), wanted) else {
                return Self.error(401, "send the token as: Authorization: Bearer TOKEN")
            }
            return nil
        }
        guard Self.isLoopback(worker.configuration.listen?.host ?? "") else {
            return Self.error(403, "without a token file, this is answered on a loopback address only")
        }
        // A page that a browser shows must not reach us by a name that it made point here.
        let host = request.headers["Host"] ?? ""
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" }.dropFirst() : host.prefix { $0 != ":" }
        guard Self.isLoopback(String(name)), request.headers["Origin"] == nil else {
            return Self.error(403, "this is answered to programs on this machine only")
        }
        return nil
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && IPAddress(host) != nil)
    }

    /// In a time that tells nothing of where they differ.
    private static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    // MARK: Settings

    private func change(_ request: HTTPRequest) throws -> HTTPResponse {
        let members = try JSONValue(parsing: request.body).object ?? [:]
        var keys: [String: String] = [:]
        for (name, value) in members {
            guard TrafficSettings.keys.contains(name) else {
                return Self.error(400, "there is no \(name): there are \(TrafficSettings.keys.joined(separator: ", "))")
            }
            keys[name] = value.string ?? value.description
        }
        let problems = worker.apply(keys)
        guard problems.isEmpty else { return Self.error(422, problems.joined(separator: "; ")) }
        return Self.json(worker.trafficSettings.json)
    }

    // MARK: Snapshots

    private func take(_ request: HTTPRequest) async throws -> HTTPResponse {
        var value: JSONValue = request.body.isEmpty ? [:] : try JSONValue(parsing: request.body)
        let name = value["name"]?.string
        value["name"] = nil
        let selection = try PacketSelection(value)
        let snapshots = worker.snapshots
        // Off the threads that answer others: copying takes a while.
        let snapshot = try await Task.detached(priority: .utility) {
            try snapshots.take(selection, name: name)
        }.value
        return Self.json(snapshot.json, status: 201)
    }

    private func download(_ name: String) -> HTTPResponse {
        guard let path = worker.snapshots.path(of: name) else {
            return Self.error(404, "there is no snapshot \(name)")
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return Self.error(404, "there is no snapshot \(name) any more") }
        var status = stat()
        fstat(descriptor, &status)
        let file = OwnedDescriptor(descriptor)
        return HTTPResponse(
            headers: [
                "Content-Type": "application/vnd.tcpdump.pcap", "X-Size": "\(status.st_size)",
                "Content-Disposition": "attachment; filename=\"\(name)\"",
            ],
            body: .stream { writer in
                var offset = 0
                while true {
                    var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
                    let count = piece.withUnsafeMutableBytes {
                        pread(file.descriptor, $0.baseAddress, $0.count, off_t(offset))
                    }
                    guard count > 0 else { return }
                    offset += count
                    try await writer.write(Array(piece[..<count]))
                }
            })
    }

    private static func json(_ value: JSONValue, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ["Content-Type": "application/json"], body: .bytes(value.encoded() + [0x0a]))
    }

    private static func error(_ status: Int, _ message: String) -> HTTPResponse {
        json(["error": .string(message)], status: status)
    }
}

/// A descriptor that is closed with the last that has it.
private final class OwnedDescriptor: Sendable {
    let descriptor: CInt
    init(_ descriptor: CInt) { self.descriptor = descriptor }
    deinit { close(descriptor) }
}
