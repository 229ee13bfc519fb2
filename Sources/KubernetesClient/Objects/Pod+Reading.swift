internal import JSON
internal import Timestamps

/// The readers of a pod's parts. Each list is read where it stands; what no one keeps is passed over.
extension Pod {
    struct Spec {
        var nodeName = ""
        var usesHostNetwork = false

        mutating func read(_ reader: inout JSONReader, _ interner: StringInterner) throws(JSONError) {
            guard try reader.beginObjectOrNull() else { return }
            while let key = try reader.nextMember() {
                switch key {
                case "nodeName": nodeName = try reader.text(interner)
                case "hostNetwork": usesHostNetwork = try reader.flag()
                default: try reader.skipValue()
                }
            }
        }
    }

    struct Status {
        var phase = ""
        var reason = ""
        var message = ""
        var hostIP = ""
        var podIP = ""
        var podIPs: [String] = []
        var started: Timestamp?
        var qosClass = ""
        var conditions: [Condition] = []
        var initial: [Container] = []
        var ordinary: [Container] = []
        var ephemeral: [Container] = []

        mutating func read(_ reader: inout JSONReader, _ interner: StringInterner) throws(JSONError) {
            guard try reader.beginObjectOrNull() else { return }
            while let key = try reader.nextMember() {
                switch key {
                case "phase": phase = try reader.text(interner)
                case "reason": reason = try reader.text(interner)
                case "message": message = try reader.text()
                case "hostIP": hostIP = try reader.text(interner)
                case "podIP": podIP = try reader.text()
                case "podIPs": podIPs = try Self.readIPs(&reader)
                case "startTime": started = try reader.readTimestamp()
                case "qosClass": qosClass = try reader.text(interner)
                case "conditions": conditions = try Condition.readAll(&reader, interner)
                case "containerStatuses": ordinary = try Container.readAll(.ordinary, &reader, interner)
                case "initContainerStatuses": initial = try Container.readAll(.initial, &reader, interner)
                case "ephemeralContainerStatuses": ephemeral = try Container.readAll(.ephemeral, &reader, interner)
                default: try reader.skipValue()
                }
            }
        }

        private static func readIPs(_ reader: inout JSONReader) throws(JSONError) -> [String] {
            guard try reader.beginArrayOrNull() else { return [] }
            var addresses: [String] = []
            while try reader.nextElement() {
                try reader.beginObject()
                while let key = try reader.nextMember() {
                    if key == "ip" { addresses.append(try reader.text()) } else { try reader.skipValue() }
                }
            }
            return addresses
        }
    }
}

extension Pod.Condition {
    fileprivate static func readAll(
        _ reader: inout JSONReader, _ interner: StringInterner
    ) throws(JSONError) -> [Pod.Condition] {
        guard try reader.beginArrayOrNull() else { return [] }
        var conditions: [Pod.Condition] = []
        while try reader.nextElement() {
            var type = ""
            var status = ""
            var reason = ""
            var message = ""
            var changed: Timestamp?
            try reader.beginObject()
            while let key = try reader.nextMember() {
                switch key {
                case "type": type = try reader.text(interner)
                case "status": status = try reader.text()
                case "reason": reason = try reader.text(interner)
                case "message": message = try reader.text(interner)
                case "lastTransitionTime": changed = try reader.readTimestamp()
                default: try reader.skipValue()
                }
            }
            let isTelling = type == "DisruptionTarget"
            conditions.append(
                Pod.Condition(
                    type: type, status: status, reason: reason, message: isTelling ? message : "", changed: changed))
        }
        return conditions
    }
}

extension Pod.Container {
    fileprivate static func readAll(
        _ role: Role, _ reader: inout JSONReader, _ interner: StringInterner
    ) throws(JSONError) -> [Pod.Container] {
        guard try reader.beginArrayOrNull() else { return [] }
        var containers: [Pod.Container] = []
        while try reader.nextElement() {
            var container = Pod.Container()
            container.role = role
            try container.read(&reader, interner)
            containers.append(container)
        }
        return containers
    }

    private mutating func read(_ reader: inout JSONReader, _ interner: StringInterner) throws(JSONError) {
        try reader.beginObject()
        while let key = try reader.nextMember() {
            switch key {
            case "name": name = try reader.text(interner)
            case "image": image = try reader.text(interner)
            case "ready": isReady = try reader.flag()
            case "started": isStarted = try reader.flag()
            case "restartCount": restartCount = try reader.integer()
            case "containerID": containerID = Pod.shortContainerID(try reader.text())
            case "state": state = try Pod.ContainerState(from: &reader, interner)
            case "lastState": lastState = try Pod.ContainerState(from: &reader, interner)
            default: try reader.skipValue()
            }
        }
    }
}

extension Pod.ContainerState {
    fileprivate init(from reader: inout JSONReader, _ interner: StringInterner) throws(JSONError) {
        self = .unknown
        guard try reader.beginObjectOrNull() else { return }
        while let key = try reader.nextMember() {
            switch key {
            case "running": self = .running(since: try Self.readStart(&reader))
            case "waiting": self = try Self.readWaiting(&reader, interner)
            case "terminated": self = .terminated(try Pod.Termination(from: &reader, interner))
            default: try reader.skipValue()
            }
        }
    }

    private static func readStart(_ reader: inout JSONReader) throws(JSONError) -> Timestamp? {
        guard try reader.beginObjectOrNull() else { return nil }
        var start: Timestamp?
        while let key = try reader.nextMember() {
            if key == "startedAt" { start = try reader.readTimestamp() } else { try reader.skipValue() }
        }
        return start
    }

    private static func readWaiting(
        _ reader: inout JSONReader, _ interner: StringInterner
    ) throws(JSONError) -> Pod.ContainerState {
        guard try reader.beginObjectOrNull() else { return .unknown }
        var reason = ""
        var message = ""
        while let key = try reader.nextMember() {
            switch key {
            case "reason": reason = try reader.text(interner)
            case "message": message = try reader.text()
            default: try reader.skipValue()
            }
        }
        return .waiting(reason: reason, message: message)
    }
}

extension Pod.Termination {
    fileprivate init(from reader: inout JSONReader, _ interner: StringInterner) throws(JSONError) {
        guard try reader.beginObjectOrNull() else { return }
        while let key = try reader.nextMember() {
            switch key {
            case "exitCode": exitCode = try reader.integer()
            case "signal": signal = try reader.integer()
            case "reason": reason = try reader.text(interner)
            case "message": message = try reader.text()
            case "startedAt": started = try reader.readTimestamp()
            case "finishedAt": finished = try reader.readTimestamp()
            case "containerID": containerID = Pod.shortContainerID(try reader.text())
            default: try reader.skipValue()
            }
        }
    }
}

extension Pod {
    /// `containerd://51d8…` without the runtime's name, cut to 13 digits.
    fileprivate static func shortContainerID(_ text: String) -> String {
        String((text.split(separator: "/", omittingEmptySubsequences: true).last ?? "").prefix(13))
    }
}
