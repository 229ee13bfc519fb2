import FoundationEssentials
import JSON

/// Captures of other projects with what is known about them; they lie beside the project and may be absent.
enum SharedCaptures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "../shared/pcaps")
        .standardizedFileURL.path()

    static let areThere = FileManager.default.fileExists(atPath: path("truth.json"))

    static func path(_ name: String) -> String { (folder.hasSuffix("/") ? folder : folder + "/") + name }

    static func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    /// What tshark says about each capture.
    static func truth() throws -> [(name: String, numbers: JSONValue)] {
        let data = try Data(contentsOf: URL(filePath: path("truth.json")))
        let json = try data.withUnsafeBytes { try JSONValue(parsing: $0) }
        guard case .object(let members) = json else { return [] }
        return members.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }

    /// Every capture that there is, also those that nothing is known about.
    static func all() -> [String] {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.contains(".pcap") }.sorted()
    }
}
