internal import JSON
internal import ScriptRuntime
internal import Timestamps

/// `aggregation.*`: structured lines on standard output, for whoever collects the container's log.
///
/// A line is one JSON object: `{"time":…,"script":…,"node":…,"tag":…,"text":…,"key":…,"value":…}`.
enum AggregationHelpers {
    static func all(_ context: HelperContext) -> [Helper] {
        @Sendable func write(_ call: HelperCall, _ members: [(String, JSONValue)]) -> ScriptValue {
            var line: JSONValue = [
                "time": .string(Timestamp.now().withMicroseconds), "script": .string(call.script.title),
                "node": .string(context.visibleNodeName),
            ]
            for (name, value) in members { line[name] = value }
            context.aggregationLine(line.description)
            return .undefined
        }
        return [
            .quick("aggregation.msg") { call in
                write(call, [("tag", .string(try call.text(0, "tag"))), ("text", .string(try call.text(1, "text")))])
            },
            .quick("aggregation.json") { call in
                let tag = try call.text(0, "tag"), key = try call.text(1, "key")
                return write(call, [("tag", .string(tag)), ("key", .string(key)), ("value", call.value(2) ?? .null)])
            },
            .quick("aggregation.jsonWithMsg") { call in
                let tag = try call.text(0, "tag"), key = try call.text(1, "key"), text = try call.text(3, "text")
                return write(
                    call,
                    [
                        ("tag", .string(tag)), ("text", .string(text)), ("key", .string(key)),
                        ("value", call.value(2) ?? .null),
                    ])
            },
        ]
    }
}
