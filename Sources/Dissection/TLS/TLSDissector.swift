/// What TLS says in the clear: the hellos of both sides, and the names in the server's certificate up to TLS 1.2.
package final class TLSDissector: StreamDissector {
    package static let name = "tlsx"
    package static let ports: [UInt16] = [443, 8443, 6443]
    /// Handshake messages of a side together; hellos and certificate chains are far smaller.
    private static let handshakeLimit = 256 << 10

    private struct Half {
        /// The record that is not whole yet, its header included.
        var record: [UInt8] = []
        /// Handshake messages that are not whole yet.
        var handshake: [UInt8] = []
        var recordVersion = 0
        var recordLength = 0
        /// Nothing that can be read follows.
        var isDone = false
        /// What follows may be encrypted.
        var mayBeEncrypted = false
    }

    private let context: StreamContext
    private var client = Half()
    private var server = Half()
    /// A ServerHello that waits for the certificate behind it.
    private var serverHello: (hello: TLSHello, time: Int64)?

    package init(_ context: StreamContext, _ settings: DissectionSettings) { self.context = context }

    package static func recognize(_ bytes: UnsafeRawBufferPointer, from sender: Side) -> Recognition {
        guard bytes.count >= 3 else {
            return bytes.first == 22 && (bytes.count < 2 || bytes[1] == 3) ? .needsMore : .no
        }
        if bytes[0] == 22, bytes[1] == 3, bytes[2] <= 4 {
            guard bytes.count >= 6 else { return .needsMore }
            let length = Int(bytes[3]) << 8 | Int(bytes[4])
            guard 1...16_384 + 2_048 ~= length else { return .no }
            switch bytes[5] {
            case 1: return .certain(.client)
            case 2: return .certain(.server)
            default: return .no
            }
        }
        if bytes[0] & 0x80 != 0, bytes[2] == 1 {
            guard let hello = TLSHello(ssl2: bytes) else { return .no }
            return [0x0002, 0x0300, 0x0301, 0x0302, 0x0303].contains(hello.version) && !hello.cipherSuites.isEmpty
                ? .certain(.client) : .no
        }
        return .no
    }

    package func receive(
        _ bytes: UnsafeRawBufferPointer, from side: Side, at time: Int64, into sink: ItemSink
    ) -> StreamOutcome {
        var half = side == .client ? client : server
        if side == .client { client = Half() } else { server = Half() }
        if half.isDone {
            sink.counters.skippedBytes += bytes.count
        } else {
            read(bytes, &half, side, time, sink)
        }
        if half.isDone { (half.record, half.handshake) = ([], []) }
        if side == .client { client = half } else { server = half }
        guard client.isDone, server.isDone else { return .goesOn }
        flush(sink)
        return .isOpaque
    }

    private func read(
        _ bytes: UnsafeRawBufferPointer, _ half: inout Half, _ side: Side, _ time: Int64, _ sink: ItemSink
    ) {
        var offset = 0
        while offset < bytes.count, !half.isDone {
            // The header first, then as much as it announces.
            let wanted = half.record.count < 5 ? 5 : 5 + (Int(half.record[3]) << 8 | Int(half.record[4]))
            let taken = min(wanted - half.record.count, bytes.count - offset)
            half.record.append(contentsOf: bytes[offset..<offset + taken])
            offset += taken
            if half.record.count >= 2, half.record[0] & 0x80 != 0, side == .client, half.recordLength == 0 {
                return ssl2(bytes, offset - taken, &half, time, sink)
            }
            guard half.record.count >= 5 else { return }
            guard half.record[1] == 3, 20...24 ~= half.record[0] else {
                sink.countParseError(Self.name)
                half.isDone = true
                return
            }
            let length = Int(half.record[3]) << 8 | Int(half.record[4])
            guard half.record.count == 5 + length else { continue }
            half.recordVersion = Int(half.record[1]) << 8 | Int(half.record[2])
            half.recordLength = length
            record(&half, side, time, sink)
            half.record.removeAll(keepingCapacity: true)
        }
    }

    private func ssl2(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ half: inout Half, _ time: Int64, _ sink: ItemSink
    ) {
        let hello = TLSHello(ssl2: UnsafeRawBufferPointer(rebasing: bytes[start...]))
        if let hello { emit(hello, time, sink) } else { sink.countParseError(Self.name) }
        half.isDone = true
    }

    private func record(_ half: inout Half, _ side: Side, _ time: Int64, _ sink: ItemSink) {
        switch half.record[0] {
        case 22:
            if half.mayBeEncrypted, !Self.isPlainHello(half.record) {
                half.isDone = true
                return
            }
            guard half.handshake.count + half.record.count <= Self.handshakeLimit else {
                sink.countParseError(Self.name)
                half.isDone = true
                return
            }
            half.handshake.append(contentsOf: half.record.dropFirst(5))
            messages(&half, side, time, sink)
        // Change of cipher. In TLS 1.3 it means nothing, and a second hello may follow.
        case 20: half.mayBeEncrypted = true
        case 21: break
        default:
            half.isDone = true
            if side == .server { flush(sink) }
        }
    }

    /// An encrypted record looks like noise; a hello announces a length that fits its record.
    private static func isPlainHello(_ record: [UInt8]) -> Bool {
        guard record.count >= 9, record[5] == 1 || record[5] == 2, record[6] == 0 else { return false }
        return Int(record[7]) << 8 | Int(record[8]) == record.count - 9
    }

    private func messages(_ half: inout Half, _ side: Side, _ time: Int64, _ sink: ItemSink) {
        let (version, length) = (half.recordVersion, half.recordLength)
        let used = half.handshake.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            while true {
                let start = reader.position
                guard let type = reader.byte(), let count = reader.number24(), let body = reader.part(count) else {
                    return start
                }
                message(type, body.rest, side, version, length, time, sink)
            }
        }
        half.handshake.removeFirst(used)
        // A message that is longer than what is ever kept would only fill the memory.
        if half.handshake.count >= 4, Int(half.handshake[1]) << 16 | Int(half.handshake[2]) << 8 > Self.handshakeLimit {
            half.isDone = true
        }
    }

    private func message(
        _ type: UInt8, _ body: UnsafeRawBufferPointer, _ side: Side, _ recordVersion: Int, _ recordLength: Int,
        _ time: Int64, _ sink: ItemSink
    ) {
        switch type {
        case 1, 2:
            var hello = TLSHello(type == 1 ? .client : .server, body)
            hello.recordVersion = recordVersion
            hello.recordLength = recordLength
            flush(sink)
            if type == 2, hello.negotiatedVersion < 0x0304 {
                serverHello = (hello, time)
            } else {
                emit(hello, time, sink)
            }
        case 11:
            guard var waiting = serverHello else { return }
            var reader = ByteReader(body)
            if let length = reader.number24(), var list = reader.part(length), let count = list.number24(),
                let certificate = list.part(count)
            {
                waiting.hello.certificateNames = CertificateNames.read(certificate.rest)
            }
            serverHello = waiting
            flush(sink)
        default: flush(sink)
        }
    }

    private func flush(_ sink: ItemSink) {
        guard let waiting = serverHello else { return }
        serverHello = nil
        emit(waiting.hello, waiting.time, sink)
    }

    private func emit(_ hello: TLSHello, _ time: Int64, _ sink: ItemSink) {
        if hello.isMalformed { sink.countParseError(Self.name) }
        sink.counters.oneSided += 1
        context.add(
            .tls(hello), at: time, requestSize: hello.kind == .client ? hello.handshakeLength : 0,
            responseSize: hello.kind == .server ? hello.handshakeLength : 0,
            error: hello.isMalformed ? ItemError(.dissection, "the handshake message is malformed") : nil, to: sink)
    }

    package func expire(before time: Int64, into sink: ItemSink) {}

    package func skip(_ count: Int, from side: Side, at time: Int64, into sink: ItemSink) {
        if side == .client { client.isDone = true } else { server.isDone = true }
    }

    package func end(_ side: Side, at time: Int64, into sink: ItemSink) { if side == .server { flush(sink) } }

    package func finish(_ reason: MissingReason, at time: Int64, into sink: ItemSink) { flush(sink) }
}
