internal import DequeModule

/// Redis: RESP2, RESP3 and typed commands, pipelines, subscriptions, replies that are switched off.
package final class RedisDissector: StreamDissector {
    package static let name = "redis"
    package static let ports: [UInt16] = [6379, 6380]
    /// What messages of a subscription begin with.
    static let pushKinds: Set<String> = [
        "message", "pmessage", "smessage", "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe",
        "sunsubscribe", "invalidate", "pong",
    ]
    /// Commands may be sent by the thousand before the first reply.
    private static let pendingLimit = 4_096
    private static let pendingBytesLimit = 1 << 20

    private struct Pending {
        let request: RedisMessage
        let size: Int
        let time: Int64
        /// Replies that the command gets: one for each channel of a subscription.
        let replies: Int
    }

    private enum Replies { case on, off, skipNext }

    private let context: StreamContext
    private var commands: RESPParser
    private var answers: RESPParser
    private var pending: Deque<Pending> = []
    private var pendingBytes = 0
    /// Replies that belong to commands which went out already: forgotten ones, or further channels of a subscription.
    private var surplusReplies = 0
    /// Replies of commands that were given up for their silence; they come behind the surplus ones.
    private var lateReplies = 0
    private var replies = Replies.on
    private var isSubscribed = false
    private var isMonitoring = false
    private var isClientLost = false
    private var isServerLost = false
    private var hasLostReplies = false
    private var lastReply = Int64.min

    package init(_ context: StreamContext, _ settings: DissectionSettings) {
        self.context = context
        commands = RESPParser(acceptsInline: true, settings)
        answers = RESPParser(acceptsInline: false, settings)
    }

    package static func recognize(_ bytes: UnsafeRawBufferPointer, from sender: Side) -> Recognition {
        guard let first = bytes.first else { return .needsMore }
        let line = bytes.prefix(128).prefix { $0 != 0x0d && $0 != 0x0a }
        let hasLine = line.count < min(128, bytes.count)
        func isNumber(_ text: some Sequence<UInt8>) -> Bool {
            let text = Array(text)
            return (1...10).contains(text.count) && text.allSatisfy { $0 &- 48 < 10 }
        }
        switch first {
        case UInt8(ascii: "*"):
            guard hasLine else {
                return line.dropFirst().allSatisfy { $0 &- 48 < 10 } && line.count < 12 ? .needsMore : .no
            }
            guard isNumber(line.dropFirst()) else { return .no }
            let next = bytes.dropFirst(line.count + 2)
            guard let kind = next.first else { return .needsMore }
            guard kind == UInt8(ascii: "$") else { return .possible(.server) }
            // A request is an array of texts whose first is a verb; a reply may be an array of texts too.
            let verbLine = next.drop { $0 != 0x0a }.dropFirst().prefix { $0 != 0x0d }
            if isVerb(verbLine) { return .certain(.client) }
            let kindName = String(decoding: verbLine, as: UTF8.self).lowercased()
            if pushKinds.contains(kindName) { return .possible(.server) }
            return .possible(sender)
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard hasLine else { return line.count < 128 ? .needsMore : .no }
            return line.allSatisfy { $0 >= 0x20 && $0 < 0x7f } ? .possible(.server) : .no
        case UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "~"), UInt8(ascii: ">"),
            UInt8(ascii: "|"):
            guard hasLine else { return line.count < 24 ? .needsMore : .no }
            let digits = line.dropFirst()
            // A length that is not known yet: RESP3's streamed texts and structures.
            if digits.elementsEqual([UInt8(ascii: "?")]) { return .possible(.server) }
            return isNumber(digits.first == UInt8(ascii: "-") ? digits.dropFirst() : digits) ? .possible(.server) : .no
        default:
            guard hasLine else {
                return line.count < 128 && line.allSatisfy { $0 >= 0x20 && $0 < 0x7f } ? .needsMore : .no
            }
            let verb = line.prefix { $0 != 0x20 }
            return isVerb(verb) ? .possible(.client) : .no
        }
    }

    private static func isVerb(_ bytes: some Sequence<UInt8>) -> Bool {
        verbs.contains(String(decoding: Array(bytes.lazy.prefix(24)), as: UTF8.self).uppercased())
    }

    /// Verbs with which connections begin, and the most frequent others: enough to recognize a stream.
    private static let verbs: Set<String> = Set(
        """
        APPEND AUTH BGSAVE BLPOP BRPOP CLIENT CLUSTER COMMAND CONFIG DBSIZE DECR DECRBY DEL DISCARD DUMP ECHO EVAL \
        EVALSHA EXEC EXISTS EXPIRE EXPIREAT FLUSHALL FLUSHDB GET GETDEL GETEX GETRANGE GETSET HDEL HELLO HEXISTS HGET \
        HGETALL HINCRBY HKEYS HLEN HMGET HMSET HSCAN HSET HSETNX HVALS INCR INCRBY INFO KEYS LINDEX LLEN LPOP LPUSH \
        LRANGE LREM LSET LTRIM MEMORY MGET MONITOR MSET MULTI OBJECT PERSIST PEXPIRE PING PSETEX PSUBSCRIBE PSYNC PTTL \
        PUBLISH PUBSUB PUNSUBSCRIBE QUIT RENAME REPLCONF RESET ROLE RPOP RPUSH SADD SCAN SCARD SCRIPT SELECT SET SETEX \
        SETNX SISMEMBER SLOWLOG SMEMBERS SPOP SREM SSUBSCRIBE STRLEN SUBSCRIBE SYNC TIME TTL TYPE UNLINK UNSUBSCRIBE \
        UNWATCH WATCH XADD XLEN XRANGE XREAD ZADD ZCARD ZINCRBY ZRANGE ZRANGEBYSCORE ZREM ZSCORE
        """.split(separator: " ").map(String.init))

    package func receive(
        _ bytes: UnsafeRawBufferPointer, from side: Side, at time: Int64, into sink: ItemSink
    ) -> StreamOutcome {
        guard !(side == .client ? isClientLost : isServerLost) || findStart(bytes, side) else {
            sink.counters.skippedBytes += bytes.count
            return .goesOn
        }
        var offset = 0
        while true {
            switch side == .client ? commands.next(bytes, &offset) : answers.next(bytes, &offset) {
            case .needsMore: return .goesOn
            case .malformed:
                sink.countParseError(Self.name)
                lose(side)
                sink.counters.skippedBytes += bytes.count - offset
                return .goesOn
            case .value(let value, let size):
                if side == .client { command(value, size, time, sink) } else { reply(value, size, time, sink) }
            }
        }
    }

    /// After lost bytes a segment that begins like a value is taken for one.
    private func findStart(_ bytes: UnsafeRawBufferPointer, _ side: Side) -> Bool {
        guard case .certain(let speaker) = Self.recognizeStart(bytes, side), speaker == side else { return false }
        if side == .client { isClientLost = false } else { isServerLost = false }
        return true
    }

    private static func recognizeStart(_ bytes: UnsafeRawBufferPointer, _ side: Side) -> Recognition {
        switch recognize(bytes, from: side) {
        case .possible(let speaker) where speaker == side: .certain(speaker)
        case let other: other
        }
    }

    private func lose(_ side: Side) {
        if side == .client {
            isClientLost = true
            commands.reset()
        } else {
            isServerLost = true
            hasLostReplies = true
            answers.reset()
        }
    }

    // MARK: Commands

    private func command(_ value: RESPValue, _ size: Int, _ time: Int64, _ sink: ItemSink) {
        let words: [String]
        switch value {
        case .inline(let inline): words = inline
        case .array(let elements) where !elements.isEmpty: words = elements.map(\.text)
        default:
            sink.countParseError(Self.name)
            return
        }
        let request = RedisMessage(command: words, type: value.typeName)
        let expected = expectReplies(request.command, words)
        guard expected > 0 else {
            sink.counters.oneSided += 1
            context.add(
                .redis(RedisExchange(request: request, response: nil)), at: time, requestSize: size, to: sink)
            return
        }
        while pending.count >= Self.pendingLimit || pendingBytes > Self.pendingBytesLimit,
            let oldest = pending.popFirst()
        {
            pendingBytes -= oldest.size
            surplusReplies += oldest.replies
            emit(oldest, nil, .limit, sink)
        }
        pending.append(Pending(request: request, size: size, time: time, replies: expected))
        pendingBytes += size
    }

    /// How many replies a command gets, by what was said before it.
    private func expectReplies(_ command: String, _ words: [String]) -> Int {
        let second = words.count > 1 ? words[1].uppercased() : ""
        let third = words.count > 2 ? words[2].uppercased() : ""
        if command == "CLIENT", second == "REPLY" {
            switch third {
            case "OFF":
                replies = .off
                return 0
            case "SKIP":
                if replies != .off { replies = .skipNext }
                return 0
            default:
                replies = .on
                return 1
            }
        }
        switch replies {
        case .off: return 0
        case .skipNext:
            replies = .on
            return 0
        case .on: break
        }
        switch command {
        case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE":
            isSubscribed = true
            return max(1, words.count - 1)
        case "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE": return max(1, words.count - 1)
        case "MONITOR":
            isMonitoring = true
            return 1
        default: return 1
        }
    }

    // MARK: Replies

    private func reply(_ value: RESPValue, _ size: Int, _ time: Int64, _ sink: ItemSink) {
        lastReply = time
        if let kind = pushKind(value), !confirms(kind) {
            sink.counters.oneSided += 1
            context.add(
                .redis(RedisExchange(request: nil, response: RedisMessage(reply: value))), at: time,
                responseSize: size, to: sink)
            return
        }
        guard surplusReplies == 0 else {
            surplusReplies -= 1
            sink.counters.interim += 1
            return
        }
        guard lateReplies == 0 else {
            lateReplies -= 1
            sink.counters.responseOnly[.timeout] += 1
            context.add(
                .redis(RedisExchange(request: nil, response: RedisMessage(reply: value))), at: time,
                responseSize: size, error: MissingReason.timeout.error(missing: "request"), to: sink)
            return
        }
        guard let request = pending.popFirst() else {
            if isMonitoring {
                sink.counters.oneSided += 1
            } else {
                sink.counters.responseOnly[.notSeen] += 1
            }
            context.add(
                .redis(RedisExchange(request: nil, response: RedisMessage(reply: value))), at: time,
                responseSize: size, error: isMonitoring ? nil : MissingReason.notSeen.error(missing: "request"),
                to: sink)
            return
        }
        pendingBytes -= request.size
        surplusReplies += request.replies - 1
        sink.counters.paired += 1
        context.add(
            .redis(RedisExchange(request: request.request, response: RedisMessage(reply: value))), at: request.time,
            elapsed: time - request.time, requestSize: request.size, responseSize: size, to: sink)
    }

    /// The kind of a message that comes unasked; in RESP2 that is an array while a subscription lasts.
    private func pushKind(_ value: RESPValue) -> String? {
        switch value {
        case .push(let elements): elements.first?.text.lowercased() ?? ""
        case .array(let elements) where isSubscribed:
            elements.first.map { $0.text.lowercased() }.flatMap { Self.pushKinds.contains($0) ? $0 : nil }
        default: nil
        }
    }

    /// Whether a message of this kind answers the command that waits, or one of its channels.
    private func confirms(_ kind: String) -> Bool {
        guard kind.hasSuffix("subscribe") || kind == "pong" else { return false }
        if surplusReplies + lateReplies > 0 { return true }
        guard let command = pending.first?.request.command else { return false }
        return command == kind.uppercased() || (kind == "pong" && command == "PING")
    }

    // MARK: Gaps, ends, time

    package func expire(before time: Int64, into sink: ItemSink) {
        // A reply that is coming is no silence.
        guard !pending.isEmpty, lastReply < time, !answers.isWithinValue else { return }
        while let first = pending.first, first.time < time {
            pending.removeFirst()
            pendingBytes -= first.size
            lateReplies += first.replies
            emit(first, nil, hasLostReplies ? .gap : .timeout, sink)
        }
    }

    package func skip(_ count: Int, from side: Side, at time: Int64, into sink: ItemSink) {
        let isKnown = side == .client ? commands.skip(count) : answers.skip(count)
        guard !isKnown else { return }
        lose(side)
        // Which replies were lost is not known: what waits goes out, so that what follows is paired rightly.
        (surplusReplies, lateReplies) = (0, 0)
        giveUp(.gap, sink)
    }

    package func end(_ side: Side, at time: Int64, into sink: ItemSink) {}

    package func finish(_ reason: MissingReason, at time: Int64, into sink: ItemSink) {
        giveUp(hasLostReplies ? .gap : reason, sink)
    }

    private func giveUp(_ reason: MissingReason, _ sink: ItemSink) {
        while let request = pending.popFirst() { emit(request, nil, reason, sink) }
        pendingBytes = 0
    }

    private func emit(_ request: Pending, _ response: RedisMessage?, _ reason: MissingReason, _ sink: ItemSink) {
        sink.counters.requestOnly[reason] += 1
        context.add(
            .redis(RedisExchange(request: request.request, response: response)), at: request.time,
            requestSize: request.size, error: reason.error(missing: "response"), to: sink)
    }
}
