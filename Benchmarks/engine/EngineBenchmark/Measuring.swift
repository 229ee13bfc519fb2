import Glibc
import ScriptRuntime
import Threading

/// Keeps the console, and lets somebody wait for a message.
final class Console: ScriptEventSink {
    private let lines = Locked<[String]>([])
    private let failures = Locked<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    /// What went wrong, without what scripts print.
    var problems: [String] { failures.withLock { $0 } }

    /// Waits for a condition, for a minute at most.
    func until(_ condition: ([String]) -> Bool) async -> Bool {
        for _ in 0..<60_000 {
            if condition(all) { return true }
            try? await Task.sleep(for: .milliseconds(1))
        }
        return false
    }

    func receive(_ event: ScriptEvent) {
        switch event {
        case .console(let line): lines.withLock { $0.append(line.text) }
        case .refused(let failure), .failed(let failure): failures.withLock { $0.append("\(failure)") }
        default: break
        }
    }
}

/// Nanoseconds of the monotonic clock.
func nanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Nanoseconds of CPU that the process has taken.
func processorNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// What was measured many times, in nanoseconds.
struct Distribution {
    private let values: [Int]

    init(_ values: [Int]) { self.values = values.sorted() }

    func microseconds(_ share: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        let value = values[min(values.count - 1, Int(Double(values.count) * share))]
        return Double(value) / 1000
    }

    var json: String {
        "{\"median\": \(microseconds(0.5)), \"p99\": \(microseconds(0.99)), \"worst\": \(microseconds(1))}"
    }
}

/// Something is not as it must be, so that no figure would mean anything.
struct Failed: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The text of a file beside the benchmarks.
func text(of path: String) throws -> String {
    guard let file = fopen(path, "r") else {
        throw Failed("\(path): cannot be read; start from the repository's folder")
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
}
