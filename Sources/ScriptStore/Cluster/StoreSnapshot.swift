package import JSON
internal import YAML

/// What the config maps held at one moment.
package struct StoreSnapshot: Sendable {
    /// The scripts.
    package let scripts: ScriptSet
    /// The first config map's name.
    package let configMapName: String
    /// The first config map, as the server sent it; nil if it does not exist.
    package let configMap: JSONValue?
    /// The further config maps that its index names, in order.
    let shards: [(name: String, text: String)]
    /// The config map holds something, but not scripts; ``scripts`` is empty.
    var isUnreadable = false

    /// The text entries of the first config map.
    package var data: [String: String] { configMap.map(Self.data) ?? [:] }

    /// The version of the first config map; empty if it does not exist.
    package var resourceVersion: String { configMap?["metadata"]?["resourceVersion"]?.string ?? "" }

    static func data(of configMap: JSONValue) -> [String: String] {
        (configMap["data"]?.object ?? [:]).reduce(into: [:]) { $0[$1.key] = $1.value.string ?? "" }
    }

    /// How many bytes of the first config map count towards the server's limit.
    package var configMapBytes: Int { configMap.map { Self.bytes(of: $0) } ?? 0 }

    /// The server adds up the values: of text entries, and of binary ones as they are before base64.
    static func bytes(of configMap: JSONValue, except keys: Set<String> = []) -> Int {
        let text = (configMap["data"]?.object ?? [:]).reduce(0) {
            $0 + (keys.contains($1.key) ? 0 : $1.value.string?.utf8.count ?? 0)
        }
        let binary = (configMap["binaryData"]?.object ?? [:]).reduce(0) {
            $0 + ($1.value.string.map { Base64.decode($0)?.count ?? $0.utf8.count } ?? 0)
        }
        return text + binary
    }
}
