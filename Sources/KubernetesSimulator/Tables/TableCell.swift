internal import JSON

/// The text of one cell.
enum TableCell {
    static func value(of column: String, _ object: JSONValue, _ resource: Resource) -> JSONValue {
        switch (resource.kind, column) {
        case ("Pod", _): PodSummary(object).cell(column)
        case (_, "Data"): .integer(Int64(count(object["data"]) + count(object["binaryData"])))
        case ("Secret", "Type"): object["type"] ?? ""
        case ("Namespace", "Status"): object.at("status", "phase") ?? ""
        case ("Node", "Status"): .string(nodeStatus(object))
        case ("Node", "Version"): object.at("status", "nodeInfo", "kubeletVersion") ?? ""
        case ("Lease", "Holder"): object.at("spec", "holderIdentity") ?? ""
        case ("Event", "Object"): .string(involvedObject(object))
        case ("Event", _): object[column.lowercased()] ?? ""
        default: ""
        }
    }

    private static func count(_ value: JSONValue?) -> Int { value?.object?.count ?? 0 }

    private static func nodeStatus(_ node: JSONValue) -> String {
        let ready = node.at("status", "conditions")?.array?.first { $0["type"] == "Ready" }
        let status = ready.map { $0["status"] == "True" ? "Ready" : "NotReady" } ?? "Unknown"
        return node.at("spec", "unschedulable") == true ? "\(status),SchedulingDisabled" : status
    }

    private static func involvedObject(_ event: JSONValue) -> String {
        let involved = event["involvedObject"] ?? event["regarding"] ?? [:]
        return "\((involved["kind"]?.string ?? "").lowercased())/\(involved["name"]?.string ?? "")"
    }
}
