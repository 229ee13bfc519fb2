public import JSON

/// What an informer keeps of each object: a summary that is read from the object's bytes in one pass.
///
/// A summary holds what its users need and nothing else: caches of whole objects are what makes other clients large.
public protocol WatchedObject: Sendable {
    /// Which resource it summarizes.
    static var resource: APIResource { get }

    /// Which object, which version.
    var identity: ObjectIdentity { get }

    /// Reads the object that comes next. Fields that are not known are to be skipped; strings that repeat among objects
    /// are best read through `interner`. A missing name or version may be left empty: the informer checks.
    init(from reader: inout JSONReader, interner: StringInterner) throws(JSONError)
}

/// The name by which an object is found. Names are used again: see ``ObjectIdentity/uid``.
public struct ObjectKey: Sendable, Hashable, CustomStringConvertible {
    /// Empty for objects outside namespaces.
    public let namespace: String
    /// Unique within the namespace.
    public let name: String

    /// The key of an object.
    public init(namespace: String = "", name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// `namespace/name`, or the name alone.
    public var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }
}

/// Which object, and which version of it.
public struct ObjectIdentity: Sendable, Hashable {
    /// Its name.
    public let key: ObjectKey
    /// Unique for ever: an object that is deleted and made again under its name has another one.
    public let uid: String
    /// The version that was read.
    public let resourceVersion: String

    /// The identity of an object.
    public init(key: ObjectKey, uid: String, resourceVersion: String) {
        self.key = key
        self.uid = uid
        self.resourceVersion = resourceVersion
    }
}
