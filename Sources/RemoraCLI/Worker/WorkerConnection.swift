internal import ArgumentParser
internal import CurlTransport
internal import FoundationEssentials
internal import Glibc
internal import JSON
internal import ScriptTraffic
internal import Worker

/// How a command reaches a worker.
struct WorkerOptions: ParsableArguments {
    enum Output: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: ArgumentHelp("The worker's URL; without it, what the folder says.", valueName: "url"))
    var worker: String?

    @Option(help: ArgumentHelp("The worker's folder, also when no worker runs there.", valueName: "folder"))
    var data = "remora-data"

    @Option(help: ArgumentHelp("A file with the worker's token.", valueName: "file"))
    var tokenFile: String?

    @Option(name: [.short, .long], help: "text or json.")
    var output = Output.text

    func connection() throws -> WorkerConnection {
        var token: String?
        if let tokenFile {
            guard let text = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
                throw SnapshotFailure("\(tokenFile) cannot be read")
            }
            token = text.split(whereSeparator: \.isWhitespace).first.map(String.init)
        }
        if let worker { return try WorkerConnection(url: worker, folder: nil, token: token) }
        var status = stat()
        guard stat(data, &status) == 0 else {
            throw SnapshotFailure(
                "there is no folder \(data): name the worker's by --data, or the worker by --worker URL")
        }
        return try WorkerConnection(url: WorkerAddress.read(in: data), folder: data, token: token)
    }

    /// Runs a command, and tells in one line why it failed.
    func reporting(_ body: (Terminal) async throws -> Void) async throws {
        let terminal = Terminal()
        do {
            try await body(terminal)
        } catch let code as ExitCode {
            throw code
        } catch {
            terminal.say("\(terminal.styled("error:", .bad, for: .error)) \(error)")
            throw ExitCode.failure
        }
    }
}

/// What went wrong with a snapshot: a sentence.
struct SnapshotFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// A worker, by its local API; or, when it does not run, what it has left in its folder.
struct WorkerConnection: Sendable {
    private let url: String?
    private let folder: String?
    private let token: String?
    private let transport: CurlTransport

    init(url: String?, folder: String?, token: String?) throws {
        self.url = url.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        self.folder = folder
        self.token = token
        transport = try CurlTransport(name: "worker")
    }

    /// Copies packets; of a worker that is gone, out of the ring that it has left.
    func take(_ selection: JSONValue) async throws -> JSONValue {
        if let response = try await send("POST", "/snapshots", selection.encoded()) {
            return try JSONValue(parsing: await response.body.collect(limit: 1 << 20))
        }
        return try LeftBehind(folder: folder ?? "").take(selection).json
    }

    func list() async throws -> [JSONValue] {
        if let response = try await send("GET", "/snapshots") {
            return try JSONValue(parsing: await response.body.collect(limit: 16 << 20)).array ?? []
        }
        return SnapshotStore.list(in: (folder ?? "") + "/snapshots").map(\.json)
    }

    func get(_ name: String, _ take: ([UInt8]) throws -> Void) async throws {
        guard !name.contains("/") else { throw SnapshotFailure("\(name) is no snapshot's name") }
        if let response = try await send("GET", "/snapshots/\(name)") {
            for try await bytes in response.body { try take(Array(bytes)) }
            return
        }
        try LeftBehind.read((folder ?? "") + "/snapshots/" + name, take)
    }

    /// The answer; nil if nobody listens and the folder is to be asked.
    private func send(_ method: String, _ path: String, _ body: [UInt8]? = nil) async throws -> HTTPResponse? {
        guard let url else { return nil }
        var request = HTTPRequest(method: method, url: url + path)
        request.body = body
        // Copying much takes a while.
        request.limits.headers = .seconds(120)
        if let token { request.headers.append((name: "Authorization", value: "Bearer \(token)")) }
        let response: HTTPResponse
        do {
            response = try await transport.send(request)
        } catch {
            if folder != nil { return nil }
            throw SnapshotFailure("\(url) cannot be reached: \(error)")
        }
        guard 200..<300 ~= response.status else {
            let body = try await response.body.collect(limit: 1 << 16)
            let text = (try? JSONValue(parsing: body))?["error"]?.string
            throw SnapshotFailure(text ?? "\(url)\(path) answers \(response.status)")
        }
        return response
    }
}
