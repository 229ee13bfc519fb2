internal import JSON
internal import YAML

/// Puts records into Kinesis data streams (API 2013-12-02).
package struct Kinesis: Sendable {
    /// Where one record went.
    package struct Placement: Sendable, Equatable {
        package var shardID: String
        package var sequenceNumber: String
        package var encryption: String
    }

    /// A record that was not taken after all attempts.
    package struct Refusal: Sendable, Equatable {
        package var index: Int
        package var code: String
        package var message: String
    }

    /// A stream, and who puts into it.
    package struct Target: Sendable {
        package var stream: String
        package var region: String
        package var keys: AWSClient.Keys

        package init(stream: String, region: String, keys: AWSClient.Keys) {
            self.stream = stream
            self.region = region
            self.keys = keys
        }
    }

    /// A record, its partition key included.
    static let recordLimit = 1 << 20
    /// Of one PutRecords request.
    static let batchCount = 500
    static let batchBytes = 5 << 20
    /// A throttled shard has room again after a second; four attempts take three and a half.
    static let attempts = 4

    private let client: AWSClient

    package init(_ client: AWSClient) { self.client = client }

    /// Puts one record.
    package func put(_ payload: [UInt8], into target: Target) async throws(IntegrationError) -> Placement {
        let key = Self.partitionKey()
        try Self.check(payload, key)
        let answer = try await ask(
            "PutRecord",
            [
                "StreamName": .string(target.stream), "Data": .string(Base64.encode(payload)),
                "PartitionKey": .string(key),
            ], target)
        guard let placement = Self.placement(answer) else {
            throw IntegrationError(.answer, "Kinesis answered without a sequence number")
        }
        return placement
    }

    /// Puts many records, in as many requests as it takes; those that a shard refused are sent again. The answer has one
    /// element for each record: nil where it was refused to the end.
    package func put(
        _ payloads: [[UInt8]], into target: Target
    ) async throws(IntegrationError) -> (placements: [Placement?], refusals: [Refusal]) {
        let records = payloads.map { (data: $0, key: Self.partitionKey()) }
        for record in records { try Self.check(record.data, record.key) }
        var placements = [Placement?](repeating: nil, count: records.count)
        var refusals: [Refusal] = []
        var start = 0
        while start < records.count {
            var end = start
            var bytes = 0
            while end < records.count, end - start < Self.batchCount {
                bytes += records[end].data.count + records[end].key.utf8.count
                if bytes > Self.batchBytes { break }
                end += 1
            }
            var open = Array(start..<end)
            for attempt in 1...Self.attempts where !open.isEmpty {
                if attempt > 1 { try await Self.pause(before: attempt) }
                let results = try await putBatch(open.map { records[$0] }, target)
                var again: [Int] = []
                for (index, result) in zip(open, results) {
                    if let placement = Self.placement(result) {
                        placements[index] = placement
                    } else if attempt < Self.attempts {
                        again.append(index)
                    } else {
                        refusals.append(
                            Refusal(
                                index: index, code: result["ErrorCode"]?.string ?? "",
                                message: result["ErrorMessage"]?.string ?? ""))
                    }
                }
                open = again
            }
            start = end
        }
        return (placements, refusals)
    }

    private func putBatch(
        _ records: [(data: [UInt8], key: String)], _ target: Target
    ) async throws(IntegrationError) -> [JSONValue] {
        let list = records.map { record -> JSONValue in
            ["Data": .string(Base64.encode(record.data)), "PartitionKey": .string(record.key)]
        }
        let answer = try await ask(
            "PutRecords", ["StreamName": .string(target.stream), "Records": .array(list)], target)
        guard let results = answer["Records"]?.array, results.count == records.count else {
            throw IntegrationError(.answer, "Kinesis did not answer for each of \(records.count) records")
        }
        return results
    }

    private func ask(_ action: String, _ body: JSONValue, _ target: Target) async throws(IntegrationError) -> JSONValue
    {
        let bytes = body.encoded()
        var call = HTTPCall(
            "Kinesis", "POST", try client.endpoint("kinesis", region: target.region),
            headers: [
                ("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "Kinesis_20131202.\(action)"),
            ], body: .bytes(bytes))
        call.secrets = target.keys?.secrets ?? []
        for attempt in 1... {
            let reply = try await client.send(
                call, service: "kinesis", region: target.region, keys: target.keys, payloadHash: Digest.sha256(bytes))
            if reply.isSuccess {
                guard let answer = try? JSONValue(parsing: reply.body) else {
                    throw IntegrationError(.answer, "Kinesis at \(call.address.origin) answered with no JSON")
                }
                return answer
            }
            // Throttling has status 400 here, hence is not repeated by the client.
            let isThrottled = AWSError.read(reply.body)?.code == "ProvisionedThroughputExceededException"
            guard isThrottled, attempt < Self.attempts else {
                throw client.failure(of: call, reply, keys: target.keys)
            }
            try await Self.pause(before: attempt + 1)
        }
        preconditionFailure("the loop ends by returning or throwing")
    }

    private static func pause(before attempt: Int) async throws(IntegrationError) {
        do {
            try await Task.sleep(for: .milliseconds(500) * (1 << (attempt - 2)))
        } catch {
            throw IntegrationError(.shutDown, "the call was given up")
        }
    }

    private static func check(_ payload: [UInt8], _ key: String) throws(IntegrationError) {
        let count = payload.count + key.utf8.count
        guard count <= recordLimit else {
            throw IntegrationError(.tooLarge, "a Kinesis record may have 1 MiB; this one has \(count) bytes")
        }
    }

    /// Random, so that records spread over all shards.
    private static func partitionKey() -> String { RandomID.uuid() }

    private static func placement(_ answer: JSONValue) -> Placement? {
        guard let number = answer["SequenceNumber"]?.string, let shard = answer["ShardId"]?.string else { return nil }
        return Placement(
            shardID: shard, sequenceNumber: number, encryption: answer["EncryptionType"]?.string ?? "NONE")
    }
}
