internal import Glibc
internal import KubernetesClient

/// The text of `/metrics`, in Prometheus' format 0.0.4.
struct MetricsPage {
    private(set) var text = ""

    private mutating func family(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
    }

    mutating func single(_ name: String, _ kind: String, _ help: String, _ value: Double) {
        family(name, kind, help)
        text += "\(name) \(Self.number(value))\n"
    }

    mutating func labelled(
        _ name: String, _ kind: String, _ help: String, _ series: [(labels: [(String, String)], value: Double)]
    ) {
        guard !series.isEmpty else { return }
        family(name, kind, help)
        for (labels, value) in series {
            let inner = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
            text += "\(name){\(inner)} \(Self.number(value))\n"
        }
    }

    mutating func histogram(_ name: String, _ help: String, _ histogram: DurationHistogram) {
        family(name, "histogram", help)
        var count = 0
        for (bound, number) in zip(DurationHistogram.bounds, histogram.counts) {
            count += number
            text += "\(name)_bucket{le=\"\(Self.number(bound))\"} \(count)\n"
        }
        text += "\(name)_bucket{le=\"+Inf\"} \(histogram.count)\n"
        text += "\(name)_sum \(Self.number(histogram.sum))\n\(name)_count \(histogram.count)\n"
    }

    private static func number(_ value: Double) -> String {
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    /// What the kernel knows of this process: https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics.
    mutating func addProcess(started: Double) {
        var usage = rusage()
        // RUSAGE_SELF, which Swift sees as an enumeration of another type.
        getrusage(0, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        single(
            "process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.",
            seconds(usage.ru_utime) + seconds(usage.ru_stime))
        if let resident = Self.residentBytes {
            single("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", resident)
        }
        single(
            "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.", started)
    }

    /// The second field of /proc/self/statm (proc(5)).
    static var residentBytes: Double? {
        guard let file = fopen("/proc/self/statm", "r") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Double(fields[1]).map { $0 * Double(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }

    mutating func addWatches(_ watches: [(name: String, health: InformerHealth)]) {
        labelled(
            "remora_watch_restarts_total", "counter", "Watches that ended, by why.",
            watches.flatMap { watch in
                RestartReason.allCases.compactMap { reason in
                    watch.health.statistics.restarts[reason].map {
                        ([("resource", watch.name), ("reason", reason.rawValue)], Double($0))
                    }
                }
            })
        labelled(
            "remora_list_total", "counter", "Whole lists that were begun.",
            watches.map { ([("resource", $0.name)], Double($0.health.statistics.lists)) })
        labelled(
            "remora_cache_objects", "gauge", "Objects in the cache.",
            watches.map { ([("resource", $0.name)], Double($0.health.objectCount)) })
        labelled(
            "remora_watch_staleness_seconds", "gauge", "Time since the server last gave a sign of life.",
            watches.compactMap { watch in
                watch.health.staleness.map { ([("resource", watch.name)], Double($0.components.seconds)) }
            })
    }
}
