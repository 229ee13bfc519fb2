internal import Integrations
internal import JSON
internal import ScriptRuntime

/// `vendor.kinesis`; `put` itself is made of `_put` by ``HelperPreludes``, which gives its result a text.
enum KinesisHelpers {
    static func all(_ aws: AWSClient) -> [Helper] {
        let kinesis = Kinesis(aws)
        return [
            .calling("vendor.kinesis._put") { call in
                let placement = try await kinesis.put(bytes(try payload(call)), into: target(call))
                return .json(value(placement))
            },
            .calling("vendor.kinesis.putAll") { call in
                let payloads = try call.elements(1, "payloads").map(bytes)
                let (placements, refusals) = try await kinesis.put(payloads, into: target(call))
                return .json([
                    "records": .array(placements.map { $0.map(value) ?? .null }),
                    "failed": .array(
                        refusals.map {
                            [
                                "index": .integer(Int64($0.index)), "code": .string($0.code),
                                "message": .string($0.message),
                            ]
                        }),
                ])
            },
        ]
    }

    private static func payload(_ call: HelperCall) throws -> JSONValue {
        guard let payload = call.value(1) else {
            throw HelperError(
                "vendor.kinesis.put: argument 2 (payload) is missing: give a text or an object", name: "TypeError")
        }
        return payload
    }

    private static func bytes(_ payload: JSONValue) -> [UInt8] {
        payload.string.map { Array($0.utf8) } ?? payload.encoded()
    }

    private static func value(_ placement: Kinesis.Placement) -> JSONValue {
        [
            "status": 200, "shardId": .string(placement.shardID), "sequenceNumber": .string(placement.sequenceNumber),
            "encryptionType": .string(placement.encryption),
        ]
    }

    private static func target(_ call: HelperCall) throws -> Kinesis.Target {
        Kinesis.Target(
            stream: try call.text(0, "stream"), region: try call.text(2, "region"),
            keys: try AWSClient.keys(call.filledText(3), call.filledText(4)))
    }
}
