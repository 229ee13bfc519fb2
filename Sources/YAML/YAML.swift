public import JSON

/// Reads and writes YAML, with the same meaning that Kubernetes' own tools give it.
///
/// Plain scalars are resolved as kubectl does (its reader follows YAML 1.1): see ``PlainScalar``. What kubectl lets pass
/// in silence is an error here: a key that stands twice, and a second document where one is expected. Explicit keys win
/// over those of a merge (`<<`) wherever they stand, as the merge specification has it.
public enum YAML {
    /// How much one text may cost, so that no text can exhaust memory or the stack.
    public struct Limits: Sendable, Hashable {
        /// Bytes of text. API servers take objects of up to 3 MiB; bundles of custom resource definitions reach 5 MiB.
        public var bytes = 16 << 20
        /// Values in the result, each alias counted with all that it stands for: a few lines of nested aliases could
        /// otherwise become billions of values.
        public var nodes = 1_000_000
        /// How deep sequences and mappings may nest: what ``JSONReader`` accepts, so that each can read the other's.
        public var depth = JSONReader.depthLimit

        /// The limits that suit configuration files and manifests.
        public init() {}
    }

    /// Parses a text that holds one document; an empty text is null.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: Limits = Limits()
    ) throws(YAMLError) -> JSONValue {
        var composer = try Composer(bytes, limits)
        guard let value = try composer.nextDocument() else { return .null }
        try composer.expectEnd()
        return value
    }

    /// Parses a text that holds one document; an empty text is null.
    public static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(YAMLError) -> JSONValue {
        // A `Result`, since `withUnsafeBytes` of an array does not pass a typed error on.
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(YAMLError) in try parse(bytes, limits: limits) }
        }
        return try result.get()
    }

    /// Parses a text that holds one document; an empty text is null.
    public static func parse(_ text: String, limits: Limits = Limits()) throws(YAMLError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }

    /// Parses all documents of a text, in order; the limits hold for all of them together.
    public static func parseAll(
        _ bytes: UnsafeRawBufferPointer, limits: Limits = Limits()
    ) throws(YAMLError) -> [JSONValue] {
        var composer = try Composer(bytes, limits)
        var documents: [JSONValue] = []
        while let document = try composer.nextDocument() { documents.append(document) }
        return documents
    }

    /// Parses all documents of a text, in order; the limits hold for all of them together.
    public static func parseAll(_ bytes: [UInt8], limits: Limits = Limits()) throws(YAMLError) -> [JSONValue] {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(YAMLError) in try parseAll(bytes, limits: limits) }
        }
        return try result.get()
    }

    /// Parses all documents of a text, in order; the limits hold for all of them together.
    public static func parseAll(_ text: String, limits: Limits = Limits()) throws(YAMLError) -> [JSONValue] {
        try parseAll(Array(text.utf8), limits: limits)
    }

    /// The value's YAML text in block style, as kubectl prints it.
    ///
    /// Reading it gives an equal value, but for infinity and not-a-number, which become null as they do in JSON.
    public static func emit(_ value: JSONValue) -> [UInt8] {
        var emitter = Emitter()
        return emitter.document(value)
    }
}
