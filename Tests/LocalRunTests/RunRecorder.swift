import FoundationEssentials
import LocalRun
import ScriptRuntime
import Threading

/// Keeps what a run tells, as short lines.
final class RunRecorder: RunReporter {
    private let lines = Locked<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func report(_ event: RunEvent) {
        let line =
            switch event {
            case .console(let line): "\(line.level == .error ? "!" : ">") \(line.text)"
            case .loaded(let report, let path, let isReload):
                "\(isReload ? "reloaded" : "loaded") \(path.name) \(report.hooks.all.map(\.rawValue).joined(separator: " "))"
            case .refused(let failure, let path, let goesOn):
                "refused \(path.name):\(failure.line ?? 0):\(failure.column ?? 0) \(goesOn ? "goes on" : "none")"
            case .unloaded(_, let path): "unloaded \(path.name)"
            case .quarantined(_, let path, _): "quarantined \(path.name)"
            case .problem(let text): "problem \(text)"
            case .notice(let text): "notice \(text)"
            }
        lines.withLock { $0.append(line) }
    }

    /// Waits for a condition, with a bound that only a hung machine reaches. Returns whether it came true.
    func until(_ condition: ([String]) -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(240)
        while !condition(all) {
            guard .now < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}

extension String {
    fileprivate var name: String { split(separator: "/").last.map(String.init) ?? self }
}

/// A folder of its own for one test, removed with it.
final class Folder: Sendable {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "remora-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(filePath: path + "/" + name), options: .atomic)
        return path + "/" + name
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }
}
