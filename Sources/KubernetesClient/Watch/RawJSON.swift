public import JSON

/// An object's JSON text as the server sent it: a part of the bytes that came from the network, not copied.
///
/// It keeps the whole piece of the stream alive, so do not collect many of them.
public struct RawJSON: Sendable {
    private let storage: [UInt8]
    private let range: Range<Int>

    init(_ storage: [UInt8], _ range: Range<Int>) {
        self.storage = storage
        self.range = range
    }

    /// How many bytes the text has.
    public var count: Int { range.count }

    /// How many bytes it keeps alive.
    var storageCount: Int { storage.count }

    /// Whether both keep the same bytes alive.
    func sharesStorage(with other: RawJSON) -> Bool {
        storage.withUnsafeBytes { mine in other.storage.withUnsafeBytes { mine.baseAddress == $0.baseAddress } }
    }

    /// Gives `body` the bytes, valid during the call.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = storage.withUnsafeBytes { bytes in
            Swift.Result { () throws(Failure) in try body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
        }
        return try result.get()
    }

    /// A copy of the text.
    public var bytes: [UInt8] { Array(storage[range]) }

    /// The object as a tree.
    public func parsed() throws(JSONError) -> JSONValue {
        try withUnsafeBytes { (bytes) throws(JSONError) in try JSONValue(parsing: bytes) }
    }
}
