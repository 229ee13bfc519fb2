internal import JSON
public import Timestamps

/// An event to be reported about an object, as `kubectl describe` shows it (core/v1 Event).
public struct EventReport: Sendable, Equatable {
    /// Whether people should worry.
    public enum Severity: String, Sendable {
        /// As it should be.
        case normal = "Normal"
        /// Something to look at.
        case warning = "Warning"
    }

    /// The resource of the object that it is about.
    public var resource: APIResource
    /// The object that it is about.
    public var object: ObjectIdentity
    /// Whether people should worry.
    public var severity: Severity
    /// A CamelCase word of few values, at most 128 characters.
    public var reason: String
    /// A sentence; cut at 1,024 bytes, which is what the server takes.
    public var message: String
    /// Who reports, with a domain, for example `remora.dev/hub`.
    public var reporter: String
    /// Which instance of it, for example the pod's name.
    public var instance: String

    /// An event.
    public init(
        about object: ObjectIdentity, of resource: APIResource, _ severity: Severity = .normal, reason: String,
        message: String, reporter: String, instance: String = ""
    ) {
        self.resource = resource
        self.object = object
        self.severity = severity
        self.reason = reason
        self.message = message
        self.reporter = reporter
        self.instance = instance
    }

    /// Events about objects outside namespaces live in `default`.
    var namespace: String { object.key.namespace.isEmpty ? "default" : object.key.namespace }

    func body(at time: Timestamp, suffix: UInt64) -> JSONValue {
        let now = JSONValue.string(time.wholeSecond.description)
        return [
            "apiVersion": "v1", "kind": "Event",
            "metadata": [
                // At most 253 characters, of which the suffix takes up to 17.
                "name": .string("\(object.key.name.prefix(236)).\(String(suffix, radix: 16))"),
                "namespace": .string(namespace),
            ],
            "involvedObject": [
                "apiVersion": .string(resource.apiVersion), "kind": .string(resource.kind),
                "namespace": .string(object.key.namespace), "name": .string(object.key.name),
                "uid": .string(object.uid), "resourceVersion": .string(object.resourceVersion),
            ],
            "type": .string(severity.rawValue), "reason": .string(String(reason.prefix(128))),
            "message": .string(Self.cut(message, bytes: 1024)), "source": ["component": .string(reporter)],
            "reportingComponent": .string(reporter), "reportingInstance": .string(instance),
            "firstTimestamp": now, "lastTimestamp": now, "count": 1,
        ]
    }

    /// The longest beginning of whole characters that fits.
    static func cut(_ text: String, bytes limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var result = ""
        var count = 0
        for character in text {
            count += character.utf8.count
            // Room for the mark that something is missing.
            if count > limit - 3 { break }
            result.append(character)
        }
        return result + "…"
    }
}

extension KubernetesClient {
    /// Reports an event. `time` is for its timestamps.
    public func report(_ event: EventReport, at time: Timestamp) async throws {
        try await create(
            .events, event.body(at: time, suffix: .random(in: .min ... .max)), namespace: event.namespace)
    }
}
