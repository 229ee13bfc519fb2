internal import Dissection
internal import Glibc
internal import Metrics
internal import PacketCapture
internal import ScriptRuntime
internal import ScriptTraffic

extension Worker {
    /// The page of `/metrics`: the worker's own figures, brought up to date, and those of scripts.
    package func exposition() -> String {
        let status = status
        addCapture(status)
        addFlows(status.traffic.flows)
        addMessages(status)
        addNames(status)
        addScripts(status)
        return metrics.exposition()
    }

    private typealias Labels = [(name: String, value: String)]

    private func count(_ name: String, _ help: String, _ value: some BinaryInteger, _ labels: Labels = []) {
        // Our own names are right; a label's value that is too long is an interface's, and cannot be.
        try? metrics.set(Metric("remora_" + name, help, kind: .counter, labels: labels), to: Double(value))
    }

    private func gauge(_ name: String, _ help: String, _ value: Double, _ labels: Labels = []) {
        try? metrics.set(Metric("remora_" + name, help, kind: .gauge, labels: labels), to: value)
    }

    private func addCapture(_ status: WorkerStatus) {
        for interface in status.interfaces {
            let label = [(name: "interface", value: interface.name)]
            let statistics = interface.statistics
            count(
                "capture_received_packets_total", "Packets that passed the filter, by the kernel's count.",
                statistics.received, label)
            count(
                "capture_delivered_packets_total", "Packets that the kernel handed over.", statistics.delivered, label)
            count(
                "capture_dropped_packets_total", "Packets lost before they could be read.",
                statistics.droppedByKernel, label + [(name: "by", value: "kernel")])
            count(
                "capture_dropped_packets_total", "Packets lost before they could be read.",
                statistics.droppedByInterface, label + [(name: "by", value: "interface")])
            gauge(
                "capture_interface_up", "Whether the interface is captured from.", Double(interface.isOpen ? 1 : 0),
                label)
        }
        let ring = status.ring
        count("ring_written_packets_total", "Packets stored in the ring.", ring.packetsWritten)
        count("ring_written_bytes_total", "Bytes of packets stored in the ring.", ring.bytesWritten)
        count("ring_dropped_packets_total", "Packets for which the ring had no segment.", ring.packetsDropped)
        count("ring_reused_segments_total", "Segments whose packets gave way to newer ones.", ring.segmentsReused)
        gauge("ring_held_packets", "Packets in the ring.", Double(ring.packetsHeld))
        gauge("ring_held_bytes", "Bytes in the ring.", Double(ring.bytesHeld))
        gauge("ring_pinned_segments", "Segments kept from being reused.", Double(ring.segmentsPinned))
        count("ring_refused_pins_total", "Pins that would have held more than half of the ring.", ring.pinsRefused)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let seconds = Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
        if let oldest = ring.oldestTime, let newest = ring.newestTime {
            gauge(
                "ring_oldest_packet_age_seconds", "How far the ring reaches back.",
                max(0, seconds - Double(oldest) / 1e9))
            gauge(
                "ring_newest_packet_age_seconds", "How old the newest packet is.",
                max(0, seconds - Double(newest) / 1e9))
        }
    }

    private func addFlows(_ flows: FlowCounters) {
        for kind in PacketKind.allCases {
            count(
                "decoded_packets_total", "Packets by what they are.", flows.kinds[kind],
                [(name: "kind", value: "\(kind)")])
        }
        for reason in UndecodableReason.allCases where reason != .none {
            count(
                "undecodable_packets_total", "Packets that could not be decoded down to IP.",
                flows.undecodable[reason], [(name: "reason", value: "\(reason)")])
        }
        count("tcp_payload_bytes_total", "Payload of TCP segments.", flows.tcpPayloadBytes)
        for (fate, bytes) in [
            ("delivered", flows.delivered), ("duplicate", flows.duplicate), ("conflict", flows.overlapConflict),
            ("evicted", flows.evictedOutOfOrder), ("after_gap", flows.afterGap), ("after_end", flows.afterEnd),
        ] {
            count("tcp_bytes_total", "What became of TCP payload.", bytes, [(name: "fate", value: fate)])
        }
        gauge("tcp_held_bytes", "TCP payload that waits for bytes before it.", Double(flows.held))
        for reason in GapReason.allCases {
            let label = [(name: "reason", value: "\(reason)")]
            count("tcp_gaps_total", "Places where bytes of a stream are missing.", flows.gaps[reason], label)
            count("tcp_gap_bytes_total", "Bytes of streams that are missing.", flows.gapBytes[reason], label)
        }
        count(
            "inferred_loss_bytes_total", "Bytes that their receiver acknowledged and nobody captured.",
            flows.inferredLossBytes)
        count("flows_begun_total", "Flows that began.", flows.flowsBegun)
        gauge("flows_open", "Flows at present.", Double(flows.flowsOpen))
        for end in FlowEnd.allCases {
            count(
                "flows_ended_total", "Flows that ended, by why.", flows.flowsEnded[end],
                [(name: "reason", value: "\(end)")])
        }
    }

    private func addMessages(_ status: WorkerStatus) {
        let traffic = status.traffic
        count("dissected_packets_total", "Packets taken from the ring.", traffic.read)
        count("dissect_skipped_packets_total", "Packets overwritten before they were dissected.", traffic.skipped)
        count("dissect_unwanted_packets_total", "Packets that no script has a hook for.", traffic.unwanted)
        for (what, number) in [("packets", traffic.untargetedPackets), ("items", traffic.untargetedItems)] {
            count(
                "untargeted_total", "What scripts were not shown because neither end was a targeted pod.", number,
                [(name: "what", value: what)])
        }
        let messages = traffic.messages
        for (fate, number) in [
            ("paired", messages.paired), ("request_only", messages.requestOnly.total),
            ("response_only", messages.responseOnly.total), ("one_sided", messages.oneSided),
        ] {
            count("messages_total", "Messages, by what was found of them.", number, [(name: "fate", value: fate)])
        }
        for (name, number) in messages.parseErrors {
            count(
                "parse_errors_total", "Places where bytes made no sense in their protocol.", number,
                [(name: "protocol", value: name)])
        }
        count("unknown_streams_total", "Connections whose protocol is not known.", messages.unknownStreams)
        count("items_total", "Items made.", messages.items)
        count("items_delivered_total", "Items that at least one script got.", status.items.delivered)
        count("items_unwanted_total", "Items that no script's filter let through.", status.items.unwanted)
    }

    private func addNames(_ status: WorkerStatus) {
        for kind in PeerRecord.Kind.allCases {
            gauge(
                "names", "Addresses that have a name, by whose they are.", Double(status.names.current[kind] ?? 0),
                [(name: "kind", value: kind.rawValue)])
        }
        count(
            "names_refused_total", "Addresses of the cluster's list for which there was no room.", status.names.refused)
    }

    private func addScripts(_ status: WorkerStatus) {
        for script in status.statuses {
            let label = [(name: "script", value: String(script.script.title.prefix(200)))]
            count(
                "script_dropped_calls_total", "Calls given up because the script's queue was full.", script.dropped,
                label)
            gauge("script_queued_calls", "Calls that wait.", Double(script.queued), label)
            count("script_failures_total", "Calls that failed.", script.failures, label)
            for (hook, calls) in script.calls {
                count("script_calls_total", "Calls of hooks.", calls, label + [(name: "hook", value: hook.rawValue)])
            }
        }
    }
}
