internal import Dissection
package import JSON
package import PacketCapture
package import ScriptRuntime
package import ScriptTraffic
internal import Timestamps

/// How a worker does at a moment: every counter of the way from the kernel to scripts.
package struct WorkerStatus: Sendable {
    /// One interface.
    package struct Interface: Sendable {
        package var name: String
        package var statistics: CaptureStatistics
        package var isOpen: Bool
    }

    package var interfaces: [Interface]
    package var ring: RingStatistics
    package var traffic: TrafficCounters
    package var items: ItemDeliveries
    /// What became of the latest version of each script.
    package var scripts: [ScriptVerdict]
    /// How each script does.
    package var statuses: [ScriptStatus]
    package var isReady: Bool
    /// Whether what is captured and dissected goes by the latest settings and scripts; a change takes up to a tenth of a
    /// second.
    package var isInForce: Bool
    /// Whose addresses are.
    package var names: PeerNames.Counts
    /// How long the worker runs.
    package var running: Duration

    /// Packets that were delivered by the kernel and are not in the ring: all of them were dropped by it.
    private var delivered: UInt64 { interfaces.reduce(0) { $0 + $1.statistics.delivered } }

    /// The identities of the counters that do not hold, in words. Figures of different threads are read at slightly
    /// different times, so this is exact only when nothing moves.
    package var violations: [String] {
        var result = traffic.flows.violations
        let given = ring.packetsWritten + ring.packetsDropped
        if !interfaces.isEmpty, delivered != given {
            result.append("delivered by the kernel = written + dropped by the ring: \(delivered) != \(given)")
        }
        if traffic.read + traffic.skipped > ring.packetsWritten {
            result.append("read + skipped <= written: \(traffic.read) + \(traffic.skipped) > \(ring.packetsWritten)")
        }
        let made = UInt64(traffic.messages.items)
        if items.delivered + items.unwanted > made {
            result.append("items delivered + unwanted <= made: \(items.delivered) + \(items.unwanted) > \(made)")
        }
        return result
    }

    /// For programs.
    package var json: JSONValue {
        var value: JSONValue = [:]
        value["ready"] = .boolean(isReady)
        value["settings_in_force"] = .boolean(isInForce)
        value["uptime_seconds"] = .integer(running.components.seconds)
        value["interfaces"] = .array(interfaces.map(\.json))
        value["ring"] = ringJSON
        value["traffic"] = trafficJSON
        value["items"] = Self.numbers([
            ("delivered", items.delivered), ("unwanted", items.unwanted), ("packets", items.packets),
        ])
        value["names"] = namesJSON
        value["scripts"] = .array(scripts.map(scriptJSON))
        value["violations"] = .array(violations.map(JSONValue.string))
        return value
    }

    private var ringJSON: JSONValue {
        func time(_ value: Int64?) -> JSONValue {
            value.map { .string(Timestamp(microseconds: $0 / 1000).withMicroseconds) } ?? .null
        }
        var value = Self.numbers([
            ("written", ring.packetsWritten), ("dropped", ring.packetsDropped), ("held", ring.packetsHeld),
            ("bytes_held", ring.bytesHeld), ("segments_reused", ring.segmentsReused),
            ("segments_pinned", UInt64(ring.segmentsPinned)),
        ])
        value["oldest"] = time(ring.oldestTime)
        value["newest"] = time(ring.newestTime)
        return value
    }

    private var namesJSON: JSONValue {
        let kinds = PeerRecord.Kind.allCases.map { ("\($0.rawValue)s", UInt64(names.current[$0] ?? 0)) }
        return Self.numbers(kinds + [("ended", UInt64(names.ended)), ("refused", UInt64(names.refused))])
    }

    private var trafficJSON: JSONValue {
        Self.numbers([
            ("read", traffic.read), ("skipped", traffic.skipped), ("unwanted", traffic.unwanted),
            ("untargeted_packets", traffic.untargetedPackets), ("untargeted_items", traffic.untargetedItems),
            ("dissected", traffic.flows.packets), ("flows_open", traffic.flows.flowsOpen),
            ("items", UInt64(traffic.messages.items)), ("inferred_loss_bytes", traffic.flows.inferredLossBytes),
        ])
    }

    private func scriptJSON(_ verdict: ScriptVerdict) -> JSONValue {
        var value = verdict.json
        guard let status = statuses.first(where: { $0.script.index == verdict.index }) else { return value }
        value["queued"] = .integer(Int64(status.queued))
        value["dropped"] = .integer(Int64(status.dropped))
        value["failures"] = .integer(Int64(status.failures))
        value["calls"] = .integer(Int64(status.calls.values.reduce(0, +)))
        if let reason = status.quarantine { value["quarantine"] = .string(reason) }
        return value
    }

    fileprivate static func numbers(_ members: [(String, UInt64)]) -> JSONValue {
        var value: JSONValue = [:]
        for (name, number) in members { value[name] = .integer(Int64(clamping: number)) }
        return value
    }
}

extension WorkerStatus.Interface {
    fileprivate var json: JSONValue {
        var value = WorkerStatus.numbers([
            ("received", statistics.received), ("delivered", statistics.delivered),
            ("dropped_by_kernel", statistics.droppedByKernel), ("dropped_by_interface", statistics.droppedByInterface),
        ])
        value["name"] = .string(name)
        value["open"] = .boolean(isOpen)
        return value
    }
}
