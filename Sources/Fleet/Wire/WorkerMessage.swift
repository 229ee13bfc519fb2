package import JSON
package import Timestamps

/// What a worker says to the hub: several in one report.
package enum WorkerMessage: Sendable, Equatable {
    /// The answer to a push.
    case answer(PushAnswer)
    /// What a script printed.
    case console(FleetConsoleLine)
    /// `hub.action`.
    case action(FleetAction)
    /// How the worker and its scripts do; a newer one replaces an older.
    case status(FleetWorkerReport)
    /// What became of a command.
    case result(FleetCommandResult)
    /// What was saved of a pod that died: a note that is the same however often it comes. An object with `id`.
    case evidence(JSONValue)

    var json: JSONValue {
        switch self {
        case .answer(let answer): answer.json
        case .console(let line): line.json
        case .action(let action): action.json
        case .status(let report): report.json
        case .result(let result):
            Self.object(
                ["type": "result", "id": .string(result.id), "detail": result.detail],
                "error", result.error.map(JSONValue.string))
        case .evidence(let note): ["type": "evidence", "note": note]
        }
    }

    private static func object(_ value: JSONValue, _ member: String, _ optional: JSONValue?) -> JSONValue {
        var value = value
        value[member] = optional
        return value
    }

    /// nil: of a type that this hub does not know.
    init?(_ value: JSONValue) throws(FleetWireError) {
        switch value["type"]?.string {
        case "ack", "nack": self = .answer(try PushAnswer(value))
        case "console": self = .console(try FleetConsoleLine(value))
        case "action": self = .action(try FleetAction(value))
        case "status": self = .status(FleetWorkerReport(value))
        case "result":
            guard let id = value["id"]?.string else { throw FleetWireError("a result without id") }
            self = .result(
                FleetCommandResult(id: id, error: value["error"]?.string, detail: value["detail"] ?? .null))
        case "evidence":
            guard let note = value["note"], note["id"]?.string != nil else {
                throw FleetWireError("evidence without id")
            }
            self = .evidence(note)
        case .some: return nil
        case nil: throw FleetWireError("a message without type")
        }
    }
}

/// What a worker says about a push.
package struct PushAnswer: Sendable, Equatable {
    /// What became of it.
    package enum Outcome: Sendable, Equatable {
        /// Everything runs.
        case applied
        /// These scripts were refused, and what ran of them before runs on; everything else runs.
        case refused([FleetScriptFailure])
        /// It was made for another set than the worker's, which is this one. Nothing was done.
        case wrongBase(FleetManifest)
    }

    /// The push's.
    package let nonce: String
    package let revision: String
    package let outcome: Outcome

    package init(nonce: String, revision: String, outcome: Outcome) {
        self.nonce = nonce
        self.revision = revision
        self.outcome = outcome
    }

    var json: JSONValue {
        var value: JSONValue = ["type": "nack", "nonce": .string(nonce), "revision": .string(revision)]
        switch outcome {
        case .applied: value["type"] = "ack"
        case .refused(let failures): value["failures"] = .array(failures.map(\.json))
        case .wrongBase(let manifest): value["manifest"] = manifest.json
        }
        return value
    }

    init(_ value: JSONValue) throws(FleetWireError) {
        guard let nonce = value["nonce"]?.string, let revision = value["revision"]?.string else {
            throw FleetWireError("an answer without nonce or revision")
        }
        self.nonce = nonce
        self.revision = revision
        if value["type"] == "ack" {
            outcome = .applied
        } else if let manifest = FleetManifest(value["manifest"]) {
            outcome = .wrongBase(manifest)
        } else {
            outcome = .refused((value["failures"]?.array ?? []).compactMap(FleetScriptFailure.init))
        }
    }
}

/// What a script of a worker printed.
package struct FleetConsoleLine: Sendable, Equatable {
    /// How it is shown, as in ``ScriptRuntime``.
    package enum Level: String, Sendable {
        case output, error, cleared
    }

    package let index: Int
    package let title: String
    package let level: Level
    package let text: String
    package let time: Timestamp

    package init(index: Int, title: String, level: Level, text: String, time: Timestamp) {
        self.index = index
        self.title = title
        self.level = level
        self.text = text
        self.time = time
    }

    var json: JSONValue {
        [
            "type": "console", "index": .integer(Int64(index)), "title": .string(title),
            "level": .string(level.rawValue), "text": .string(text), "time": .string(time.withMicroseconds),
        ]
    }

    init(_ value: JSONValue) throws(FleetWireError) {
        guard let index = value["index"]?.integer.flatMap({ Int(exactly: $0) }), let text = value["text"]?.string,
            let level = value["level"]?.string.flatMap({ Level(rawValue: $0) })
        else { throw FleetWireError("a console line without index, level or text") }
        self.init(
            index: index, title: value["title"]?.string ?? "", level: level, text: text,
            time: value["time"]?.string.flatMap { Timestamp($0) } ?? .now())
    }
}

/// A call of `hub.action` on a worker.
package struct FleetAction: Sendable, Equatable {
    package let action: String
    /// What was passed.
    package let object: JSONValue?
    /// The script that called.
    package let index: Int
    package let title: String
    package let time: Timestamp

    package init(action: String, object: JSONValue?, index: Int, title: String, time: Timestamp) {
        self.action = action
        self.object = object
        self.index = index
        self.title = title
        self.time = time
    }

    var json: JSONValue {
        var value: JSONValue = [
            "type": "action", "action": .string(action), "index": .integer(Int64(index)), "title": .string(title),
            "time": .string(time.withMicroseconds),
        ]
        value["object"] = object
        return value
    }

    init(_ value: JSONValue) throws(FleetWireError) {
        guard let action = value["action"]?.string, let index = value["index"]?.integer.flatMap({ Int(exactly: $0) })
        else { throw FleetWireError("an action without name or index") }
        self.init(
            action: action, object: value["object"], index: index, title: value["title"]?.string ?? "",
            time: value["time"]?.string.flatMap { Timestamp($0) } ?? .now())
    }
}
