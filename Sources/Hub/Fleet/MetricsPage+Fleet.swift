internal import Fleet

extension MetricsPage {
    /// What the hub's end of the fleet counts.
    mutating func add(_ fleet: FleetHub) {
        let counters = fleet.counters
        labelled(
            "remora_fleet_workers", "gauge", "Workers, by how they stand to the scripts that they are to run.",
            Dictionary(grouping: fleet.workers, by: \.state.rawValue).sorted { $0.key < $1.key }
                .map { ([("state", $0.key)], Double($0.value.count)) })
        labelled(
            "remora_fleet_pushes_total", "counter", "Pushes to workers, by what became of them.",
            [
                ("sent", counters.pushes), ("accepted", counters.accepted), ("refused", counters.refused),
                ("wrong-base", counters.wrongBases), ("stale", counters.staleAnswers),
            ].map { ([("result", $0.0)], Double($0.1)) })
        labelled(
            "remora_fleet_connections_total", "counter", "Connections of workers, by what happened to them.",
            [
                ("begun", counters.connects), ("ended", counters.disconnects), ("cut-off", counters.cutOff),
                ("replayed", counters.replays), ("swept", counters.sweeps),
            ].map { ([("event", $0.0)], Double($0.1)) })
        labelled(
            "remora_fleet_reports_total", "counter", "Reports of workers.",
            [("taken", counters.reports), ("repeated", counters.repeatedReports)]
                .map { ([("result", $0.0)], Double($0.1)) })
        single("remora_fleet_pod_events_total", "counter", "Pod events sent to workers.", Double(counters.podEvents))
        single("remora_fleet_actions_total", "counter", "hub.action of workers.", Double(counters.actions))
        let names = fleet.nameStatus
        labelled(
            "remora_names", "gauge", "Addresses that workers know the names of, by whose they are.",
            FleetName.Kind.allCases.map { ([("kind", $0.rawValue)], Double(names.counts[$0] ?? 0)) })
        single(
            "remora_names_left_out", "gauge", "Addresses of which workers are not told: they are too many.",
            Double(names.leftOut))
        single(
            "remora_names_changes_total", "counter", "Addresses that got another name, a first one or none.",
            Double(names.changes))
        labelled(
            "remora_names_tables_total", "counter",
            "Tables of all names: sent to workers that knew none, or too little, and encoded for them.",
            [("sent", names.tables), ("encoded", names.encodedTables)].map { ([("event", $0.0)], Double($0.1)) })
        let latencies = fleet.latencies.sorted()
        guard !latencies.isEmpty else { return }
        labelled(
            "remora_fleet_push_seconds", "gauge", "From an edit's arrival to workers' answers, of the latest 10,000.",
            [0.5, 0.99].map { quantile in
                let latency = latencies[min(latencies.count - 1, Int(quantile * Double(latencies.count)))]
                let (seconds, attoseconds) = latency.components
                return ([("quantile", "\(quantile)")], Double(seconds) + Double(attoseconds) / 1e18)
            })
    }
}
