import FoundationEssentials
import HTTPTraffic
import JSON
import PacketCapture
import ScriptRuntime
import Threading
import Worker

/// A worker in a folder of its own, and what it says.
final class WorkerBench: Sendable {
    let folder: String
    let lines = Locked<[String]>([])
    let log = Locked<[String]>([])

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "remora-worker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        folder = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = folder + "/" + name
        try FileManager.default.createDirectory(
            atPath: path.split(separator: "/").dropLast().map { "/" + $0 }.joined(), withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        return path
    }

    func configuration(files: [String] = []) -> WorkerConfiguration {
        var configuration = WorkerConfiguration(folder: folder + "/data", node: "n1")
        configuration.files = files
        configuration.ring.segmentBytes = 65_536
        return configuration
    }

    func worker(_ configuration: WorkerConfiguration, link: (any HubLink)? = nil) throws -> Worker {
        try Worker(
            configuration, link: link,
            events: WorkerEvents(
                console: { [lines] line in lines.withLock { $0.append(line.rendered(node: "n1")) } },
                log: { [log] _, message, fields in
                    log.withLock { $0.append(message + fields.map { " \($0)=\($1)" }.joined()) }
                }))
    }

    /// Runs a worker until a condition holds, with a bound that only a hung machine reaches.
    @discardableResult
    func run(
        _ worker: Worker, _ feed: any WorkerScriptFeed, until condition: @escaping @Sendable () async -> Bool
    ) async throws -> Bool {
        let task = Task { try await worker.run(feed) }
        let came = await Self.wait(condition)
        task.cancel()
        try await task.value
        return came
    }

    static func wait(_ condition: @Sendable () async -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(240)
        while await !condition() {
            guard .now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}

/// Scripts that are given by a test, as a hub would.
struct GivenScripts: WorkerScriptFeed {
    let scripts: [WorkerScript]

    init(_ sources: String...) {
        scripts = sources.enumerated().map { WorkerScript(index: $0, title: "s\($0)", source: $1) }
    }

    func run(_ scripts: WorkerScripts) async throws {
        _ = await scripts.replaceAll(self.scripts)
        // Until the worker ends.
        try await Task.sleep(for: .seconds(3600))
    }
}
