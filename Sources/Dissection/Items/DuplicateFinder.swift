/// Finds items that were seen before on another interface (`DETECT_DUPLICATES`): traffic between two pods of one node passes
/// the interfaces of both.
///
/// The same endpoints said the same within a window of time, and it is another stream. What is remembered is bounded; of
/// what is forgotten too early, a duplicate counts as an item of its own.
struct DuplicateFinder {
    private struct Key: Hashable {
        let client: Peer
        let server: Peer
        let transport: ConnectionIdentity.Transport
        let requestSize: Int
        let responseSize: Int
        let content: Int
    }

    private struct Original {
        let reference: ItemReference
        let time: Int64
        /// The streams in which it was seen.
        var streams: Set<UInt64>
    }

    /// What was seen in this window, and in the one before.
    private var recent: [Key: [Original]] = [:]
    private var older: [Key: [Original]] = [:]
    private var count = 0
    private var windowBegan = Int64.min

    /// Items that are remembered in each of the two windows.
    private static let limit = 16_384

    /// The item that this one repeats; nil, and the item is remembered, if there is none within `window` nanoseconds.
    mutating func original(of item: Item, within window: Int64) -> ItemReference? {
        // Clocks may be set back.
        let age = item.time.subtractingReportingOverflow(windowBegan)
        if age.overflow || age.partialValue.magnitude > UInt64(window) || count >= Self.limit {
            (older, recent, count, windowBegan) = (recent, [:], 0, item.time)
        }
        let connection = item.connection
        var hasher = Hasher()
        item.payload.hashContent(into: &hasher)
        let key = Key(
            client: connection.client, server: connection.server, transport: connection.transport,
            requestSize: item.requestSize, responseSize: item.responseSize, content: hasher.finalize())
        for table in [\Self.older, \Self.recent] {
            guard
                let place = self[keyPath: table][key]?.firstIndex(where: { original in
                    !original.streams.contains(connection.number)
                        && (item.time - original.time).magnitude <= UInt64(window)
                })
            else { continue }
            self[keyPath: table][key]?[place].streams.insert(connection.number)
            return self[keyPath: table][key]?[place].reference
        }
        recent[key, default: []].append(
            Original(
                reference: ItemReference(connection: connection, index: item.index), time: item.time,
                streams: [connection.number]))
        count += 1
        return nil
    }
}

/// Names another item.
package struct ItemReference: Sendable {
    let connection: ConnectionIdentity
    let index: Int

    /// The item's `id`, as the worker writes it.
    func identifier(worker: String) -> String { "\(worker)/\(connection.stream)-\(index)" }
}

extension ItemPayload {
    /// What tells one item of a connection from the next: not the packets' numbers and times.
    fileprivate func hashContent(into hasher: inout Hasher) {
        switch self {
        case .http(let exchange):
            for message in [exchange.request, exchange.response] {
                hasher.combine(message?.bytes.count)
                message?.bytes.withUnsafeBufferPointer { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            }
        case .dns(let exchange):
            for message in [exchange.request, exchange.response] {
                hasher.combine(message?.identifier)
                hasher.combine(message?.questions.first?.name)
                hasher.combine(message?.questions.first?.type)
            }
        case .redis(let exchange):
            for message in [exchange.request, exchange.response] {
                hasher.combine(message?.command)
                hasher.combine(message?.key)
                hasher.combine(message?.value)
                hasher.combine(message?.keyword)
            }
        case .tls(let hello): hasher.combine(hello.random)
        case .icmp(let message):
            hasher.combine(message.type)
            hasher.combine(message.identifier)
            hasher.combine(message.sequence)
        // Their endpoints and sizes say it.
        case .connection, .record: break
        }
    }
}
