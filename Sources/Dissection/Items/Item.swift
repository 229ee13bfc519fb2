/// One thing that happened on the wire: a request with its response, a handshake message, a connection.
///
/// A value of native parts. Its JSON, which hooks and outputs get, is written when somebody asks for it; filters mostly
/// do not.
package struct Item: Sendable {
    /// What all items of the connection share.
    package var connection: ConnectionIdentity
    /// The item's number within its connection, from 0 on.
    package var index: Int
    /// When the request (or, without one, the response) began, in nanoseconds since 1970.
    package var time: Int64
    /// Nanoseconds from the request's start to the response's; 0 if one is missing.
    package var elapsed: Int64
    /// Bytes of the request and of the response as they were on the wire, in messages that were seen.
    package var requestSize: Int
    package var responseSize: Int
    /// Why it is not whole.
    package var error: ItemError?
    /// The item that this one repeats: the same, seen on another interface.
    package var duplicateOf: ItemReference?
    /// What was said.
    package var payload: ItemPayload

    /// Puts an item together.
    package init(
        connection: ConnectionIdentity, index: Int, time: Int64, elapsed: Int64 = 0, requestSize: Int = 0,
        responseSize: Int = 0, error: ItemError? = nil, payload: ItemPayload
    ) {
        self.connection = connection
        self.index = index
        self.time = time
        self.elapsed = elapsed
        self.requestSize = requestSize
        self.responseSize = responseSize
        self.error = error
        self.payload = payload
    }

    /// ``time`` in UTC, as `data.startTime`.
    package var startTime: String { TimeText.rfc3339(time) }
}

/// What an item carries, by protocol. All of it lies behind one reference, so that items are cheap to hand on.
package enum ItemPayload: Sendable {
    case http(HTTPExchange)
    indirect case dns(DNSExchange)
    indirect case redis(RedisExchange)
    indirect case tls(TLSHello)
    indirect case icmp(ICMPMessage)
    indirect case connection(ConnectionSummary)
    indirect case record(TransportRecord)

    /// What the item says about its protocol.
    package var protocolDescription: ProtocolDescription {
        switch self {
        case .http(let exchange): exchange.protocolDescription
        case .dns: .dns
        case .redis: .redis
        case .tls: .tls
        case .icmp(let message): message.version == 6 ? .icmp6 : .icmp4
        case .connection(let summary): summary.transport == .tcp ? .tcp : .udp
        case .record(let record): record.transport == .tcp ? .tcp : .udp
        }
    }
}

/// Why an item is not whole, as `data.error`.
package struct ItemError: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case dissection, connection, timeout
        case pairNotFound = "pair-not-found"
    }

    package let kind: Kind
    package let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// Why one half of an exchange is missing.
package enum MissingReason: Int, Sendable, CaseIterable {
    /// Bytes of it were lost in the capture.
    case gap
    /// The connection ended.
    case end
    /// It did not come in time.
    case timeout
    /// Too many were open at once.
    case limit
    /// The capture began after it, or saw one direction only.
    case notSeen

    /// What the item's error says.
    func error(missing half: String) -> ItemError {
        switch self {
        case .gap: ItemError(.pairNotFound, "the \(half) was lost in the capture")
        case .end: ItemError(.pairNotFound, "the connection ended without a \(half)")
        case .timeout where half == "request": ItemError(.timeout, "the request had been given up before")
        case .timeout: ItemError(.timeout, "no \(half) came in time")
        case .limit where half == "request":
            ItemError(.pairNotFound, "the request had made room for others before")
        case .limit: ItemError(.pairNotFound, "too many exchanges were open to wait for the \(half)")
        case .notSeen: ItemError(.pairNotFound, "the \(half) was not captured")
        }
    }
}
