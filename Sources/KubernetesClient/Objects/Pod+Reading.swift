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
        var podIPs = Pod.Addresses()
        var started: Timestamp?
        var qosClass = ""
        var conditions: [Condition] = []
        var readinessChanged: Timestamp?
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
                case "conditions": (conditions, readinessChanged) = try Condition.readAll(&reader, interner)
                case "containerStatuses": ordinary = try Container.readAll(.ordinary, &reader, interner)
                case "initContainerStatuses": initial = try Container.readAll(.initial, &reader, interner)
                case "ephemeralContainerStatuses": ephemeral = try Container.readAll(.ephemeral, &reader, interner)
                default: try reader.skipValue()
                }
            }
        }

        private static func readIPs(_ reader: inout JSONReader) throws(JSONError) -> Pod.Addresses {
            var addresses = Pod.Addresses()
            guard try reader.beginArrayOrNull() else { return addresses }
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
    /// The conditions, and when `Ready` last changed.
    fileprivate static func readAll(
        _ reader: inout JSONReader, _ interner: StringInterner
    ) throws(JSONError) -> (conditions: [Pod.Condition], readinessChanged: Timestamp?) {
        guard try reader.beginArrayOrNull() else { return ([], nil) }
        // But for their times, most pods have the same conditions: looked up by their words, read once, kept once.
        let start = reader
        var words: [UInt8] = []
        words.reserveCapacity(256)
        var readinessChanged: Timestamp?
        while try reader.nextElement() {
            let condition = try Words(from: &reader)
            condition.append(to: &words)
            if condition.isReadiness { readinessChanged = condition.changed.flatMap(Timestamp.init(in:)) }
        }
        let conditions = try interner.decoded(words) { () throws(JSONError) in
            var conditions: [Pod.Condition] = []
            var reader = start
            while try reader.nextElement() { conditions.append(try Words(from: &reader).condition(interner)) }
            return conditions
        }
        return (conditions, readinessChanged)
    }

    /// A condition as it stands in the text.
    private struct Words {
        var type: JSONKey?
        var status: JSONKey?
        var reason: JSONKey?
        var message: JSONKey?
        var changed: JSONKey?

        init(from reader: inout JSONReader) throws(JSONError) {
            try reader.beginObject()
            while let key = try reader.nextMember() {
                switch key {
                case "type": type = try reader.readTextOrNull()
                case "status": status = try reader.readTextOrNull()
                case "reason": reason = try reader.readTextOrNull()
                case "message": message = try reader.readTextOrNull()
                case "lastTransitionTime": changed = try reader.readTextOrNull()
                default: try reader.skipValue()
                }
            }
            if type.map({ $0 == "DisruptionTarget" }) != true { message = nil }
        }

        var isReadiness: Bool { type.map { $0 == "Ready" } == true }

        /// Appends what tells these words from others: none of them has an unescaped quote.
        func append(to words: inout [UInt8]) {
            Self.append(type, to: &words)
            Self.append(status, to: &words)
            Self.append(reason, to: &words)
            Self.append(message, to: &words)
        }

        private static func append(_ word: JSONKey?, to words: inout [UInt8]) {
            if let word { words.append(contentsOf: word.bytes) }
            words.append(UInt8(ascii: "\""))
        }

        func condition(_ interner: StringInterner) -> Pod.Condition {
            func text(_ word: JSONKey?) -> String { word.map(interner.string) ?? "" }
            return Pod.Condition(type: text(type), status: text(status), reason: text(reason), message: text(message))
        }
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
            case "containerID": containerID = try Pod.readContainerID(&reader)
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
            case "containerID": containerID = try Pod.readContainerID(&reader)
            default: try reader.skipValue()
            }
        }
    }
}

extension Pod {
    /// `containerd://51d8…` without the runtime's name, cut to 13 digits, which need no memory of their own.
    fileprivate static func readContainerID(_ reader: inout JSONReader) throws(JSONError) -> String {
        guard let text = try reader.readTextOrNull() else { return "" }
        let digitCount = 13
        // Bytes, not characters: looking for the slash by characters took a fifth of the time of reading a pod.
        guard !text.isEscaped else {
            let bytes = Array(text.string.utf8)
            return String(decoding: bytes[behindSlash(bytes)...].prefix(digitCount), as: UTF8.self)
        }
        let bytes = text.bytes
        return String(decoding: bytes[behindSlash(bytes)...].prefix(digitCount), as: UTF8.self)
    }

    private static func behindSlash<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> Bytes.Index {
        bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
    }
}
