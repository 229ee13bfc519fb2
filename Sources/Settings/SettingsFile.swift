internal import FoundationEssentials

/// Where the configuration file is, and its text: upstream's places.
package struct SettingsFile: Sendable, Equatable {
    /// Its path.
    package let path: String
    /// Its text; nil if there is none.
    package let bytes: [UInt8]?

    /// A configuration file is not larger.
    private static let byteLimit = 4 << 20

    /// The file to be used: the one named, else `./kubeshark.yaml`, else `~/.kubeshark/config.yaml`.
    ///
    /// - Parameters:
    ///   - path: the file that was named; that must exist.
    ///   - workingFolder: where `kubeshark.yaml` is looked for.
    ///   - homeFolder: where `.kubeshark` is looked for.
    package static func find(
        named path: String?, workingFolder: String, homeFolder: String?
    ) throws(SettingsError) -> SettingsFile {
        if let path {
            guard let bytes = try read(path) else { throw .unreadable(path: path, reason: "no such file") }
            return SettingsFile(path: path, bytes: bytes)
        }
        let local = workingFolder + "/kubeshark.yaml"
        if let bytes = try read(local) { return SettingsFile(path: local, bytes: bytes) }
        let usual = (homeFolder ?? "") + "/.kubeshark/config.yaml"
        return SettingsFile(path: usual, bytes: homeFolder == nil ? nil : try read(usual))
    }

    private static func read(_ path: String) throws(SettingsError) -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            guard data.count <= byteLimit else {
                throw SettingsError.unreadable(path: path, reason: "it has more than \(byteLimit) bytes")
            }
            return Array(data)
        } catch let error as SettingsError {
            throw error
        } catch {
            throw .unreadable(path: path, reason: "it is a folder, or this user may not read it")
        }
    }

    /// A file's text, for `--set-file`.
    package static func text(_ path: String) throws(SettingsError) -> String {
        guard let bytes = try read(path) else { throw .unreadable(path: path, reason: "no such file") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable(path: path, reason: "it is not UTF-8")
        }
        return text
    }

    /// Writes a file with the defaults, for its owner alone, since secrets will stand in it. What was there stays beside
    /// it, with `.old` at its name.
    package static func writeDefaults(to path: String) throws(SettingsError) {
        let manager = FileManager.default
        let folder = URL(filePath: path).deletingLastPathComponent().path()
        do {
            if !manager.fileExists(atPath: folder) {
                try manager.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            if manager.fileExists(atPath: path) {
                let old = path + ".old"
                if manager.fileExists(atPath: old) { try manager.removeItem(atPath: old) }
                try manager.moveItem(atPath: path, toPath: old)
            }
            let bytes = EffectiveSettings().yaml(showingSecrets: true)
            guard
                manager.createFile(
                    atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
            else { throw SettingsError.unreadable(path: path, reason: "it cannot be created") }
        } catch {
            throw .unreadable(path: path, reason: "cannot be written: is the folder writable?")
        }
    }
}
