import JSON
import KubernetesClient

extension WatchedObject {
    /// Reads an object from its JSON text, all of it.
    static func reading(_ text: String) throws -> Self {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            let object = try Self(from: &reader, interner: StringInterner())
            try reader.finish()
            return object
        }
    }
}
