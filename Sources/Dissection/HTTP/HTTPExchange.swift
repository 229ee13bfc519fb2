/// A request and its response, or one of them. Copies share it.
///
/// One piece of memory: what is known of both, and behind it their bytes, which are copied there from where they were
/// captured. With memory of its own for each message, that would take as long as to read the heads.
///
/// Sendable: nothing changes what ``storage`` refers to once ``init(request:response:)`` is over.
package struct HTTPExchange: @unchecked Sendable {
    private struct Parts {
        var request: Part?
        var response: Part?
    }

    private struct Part {
        let facts: HTTPMessageFacts
        let place: HTTPMessageBytes.Place
    }

    private let storage: ManagedBuffer<Parts, UInt8>

    /// Puts an exchange together.
    init(request: consuming ReadMessage?, response: consuming ReadMessage?) {
        let room = (request?.movedCount ?? 0) + (response?.movedCount ?? 0)
        storage = ManagedBuffer.create(minimumCapacity: room) { storage in
            storage.withUnsafeMutablePointerToElements { elements in
                let first = request?.movedCount ?? 0
                return Parts(
                    request: request.map { Self.part($0, elements, 0) },
                    response: response.map { Self.part($0, elements, first) })
            }
        }
    }

    /// Copies a message's bytes to an offset, unless they stay where they are.
    private static func part(
        _ message: borrowing ReadMessage, _ elements: UnsafeMutablePointer<UInt8>, _ offset: Int
    ) -> Part {
        func move(_ bytes: UnsafeBufferPointer<UInt8>) -> HTTPMessageBytes.Place {
            if let base = bytes.baseAddress { (elements + offset).initialize(from: base, count: bytes.count) }
            return .within(offset..<offset + bytes.count)
        }
        switch message.bytes {
        case .kept(let bytes) where bytes.count > ReadMessage.largestMoved:
            return Part(facts: message.facts, place: .apart(bytes))
        case .kept(let bytes): return Part(facts: message.facts, place: bytes.withUnsafeBufferPointer(move))
        case .lent(let bytes): return Part(facts: message.facts, place: move(bytes))
        }
    }

    private func withParts<Result>(_ body: (borrowing Parts) -> Result) -> Result {
        storage.withUnsafeMutablePointerToHeader { body($0.pointee) }
    }

    fileprivate func withElements<Result>(_ body: (UnsafeMutablePointer<UInt8>) throws -> Result) rethrows -> Result {
        try storage.withUnsafeMutablePointerToElements(body)
    }

    var request: HTTPMessage? { withParts { $0.request.map(message) } }
    var response: HTTPMessage? { withParts { $0.response.map(message) } }

    private func message(_ part: Part) -> HTTPMessage {
        HTTPMessage(facts: part.facts, bytes: HTTPMessageBytes(exchange: self, place: part.place))
    }

    var hasRequest: Bool { withParts { $0.request != nil } }
    var hasResponse: Bool { withParts { $0.response != nil } }
    /// The response's; 0 without one.
    var status: Int { withParts { Int($0.response?.facts.start.status ?? 0) } }

    var protocolDescription: ProtocolDescription {
        switch withParts({ ($0.request ?? $0.response)?.facts.start.version }) {
        case 9: .http("0.9")
        case 10: .http("1.0")
        default: .http("1.1")
        }
    }
}

extension ReadMessage {
    /// A message that came in pieces was put together elsewhere; beyond this size, it stays there.
    fileprivate static let largestMoved = 1 << 10

    /// How many bytes an exchange takes over.
    fileprivate var movedCount: Int {
        switch bytes {
        case .kept(let bytes): bytes.count > Self.largestMoved ? 0 : bytes.count
        case .lent(let bytes): bytes.count
        }
    }
}

/// The bytes of one message of an exchange, which lives as long as they do.
struct HTTPMessageBytes: RandomAccessCollection, Sendable {
    fileprivate enum Place {
        case within(Range<Int>)
        case apart([UInt8])
    }

    fileprivate let exchange: HTTPExchange
    fileprivate let place: Place

    var startIndex: Int { 0 }
    var endIndex: Int {
        switch place {
        case .within(let range): range.count
        case .apart(let bytes): bytes.count
        }
    }

    subscript(index: Int) -> UInt8 { withUnsafeBufferPointer { $0[index] } }

    /// The bytes, valid during the call.
    func withUnsafeBufferPointer<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result {
        switch place {
        case .within(let range):
            try exchange.withElements {
                try body(UnsafeBufferPointer(start: $0 + range.lowerBound, count: range.count))
            }
        case .apart(let bytes): try bytes.withUnsafeBufferPointer(body)
        }
    }

    func withContiguousStorageIfAvailable<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result? { try withUnsafeBufferPointer(body) }
}
