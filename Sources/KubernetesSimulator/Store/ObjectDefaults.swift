internal import JSON

/// Fills in what the real server fills in on creation, as far as clients look at it.
enum ObjectDefaults {
    /// A pod's time to stop, where it names none.
    static let gracePeriodSeconds: Int64 = 30

    /// The object with its defaults. A client's status is dropped where the server sets it.
    static func applied(to object: JSONValue, _ resource: Resource, keepsStatus: Bool) -> JSONValue {
        var object = object
        if resource.hasStatus && !keepsStatus { object["status"] = nil }
        switch resource.kind {
        case "Pod": fillPod(&object)
        case "Namespace":
            fill(&object, ["spec"], "finalizers", ["kubernetes"])
            fill(&object, ["status"], "phase", "Active")
        case "Secret": if object["type"] == nil { object["type"] = "Opaque" }
        case "Service": fill(&object, ["spec"], "type", "ClusterIP")
        default: break
        }
        if resource.hasStatus && object["status"] == nil { object["status"] = [:] }
        return object
    }

    private static func fillPod(_ pod: inout JSONValue) {
        fill(&pod, ["spec"], "restartPolicy", "Always")
        fill(&pod, ["spec"], "terminationGracePeriodSeconds", .integer(gracePeriodSeconds))
        fill(&pod, ["spec"], "dnsPolicy", "ClusterFirst")
        fill(&pod, ["spec"], "schedulerName", "default-scheduler")
        fill(&pod, ["status"], "phase", "Pending")
        fill(&pod, ["status"], "qosClass", "BestEffort")
        guard let containers = pod.at("spec", "containers")?.array else { return }
        pod["spec"]?["containers"] = .array(containers.map(filledContainer))
    }

    private static func filledContainer(_ container: JSONValue) -> JSONValue {
        var container = container
        fill(&container, [], "resources", [:])
        fill(&container, [], "terminationMessagePath", "/dev/termination-log")
        fill(&container, [], "terminationMessagePolicy", "File")
        fill(&container, [], "imagePullPolicy", .string(pullPolicy(of: container["image"]?.string ?? "")))
        let ports = container["ports"]?.array?.map { port in
            var port = port
            fill(&port, [], "protocol", "TCP")
            return port
        }
        if let ports { container["ports"] = .array(ports) }
        return container
    }

    /// An image without a tag, or with the tag `latest`, may change at any time.
    private static func pullPolicy(of image: String) -> String {
        let name = image.split(separator: "/").last ?? ""
        return name.hasSuffix(":latest") || !name.contains(where: { $0 == ":" || $0 == "@" })
            ? "Always" : "IfNotPresent"
    }

    private static func fill(_ object: inout JSONValue, _ path: [String], _ name: String, _ value: JSONValue) {
        guard let first = path.first else {
            if object[name] == nil { object[name] = value }
            return
        }
        var inner = object[first] ?? [:]
        fill(&inner, Array(path.dropFirst()), name, value)
        object[first] = inner
    }
}
