internal import JSON
internal import ScriptRuntime
internal import Timestamps

/// `file.*`
enum FileHelpers {
    static func all(_ folder: DataFolder) -> [Helper] {
        func simple(_ path: String, _ body: @escaping @Sendable (HelperCall) throws -> Void) -> Helper {
            .blocking(path) { call in
                try body(call)
                return .undefined
            }
        }
        return [
            simple("file.write") { call in try folder.write(call.text(0, "path"), call.text(1, "content")) },
            simple("file.append") { call in try folder.append(call.text(0, "path"), call.text(1, "content")) },
            simple("file.move") { call in try folder.move(call.text(0, "old"), call.text(1, "new")) },
            simple("file.copy") { call in try folder.copy(call.text(0, "source"), call.text(1, "target")) },
            simple("file.delete") { call in try folder.delete(call.text(0, "path")) },
            simple("file.mkdir") { call in try folder.makeFolder(call.text(0, "path")) },
            .blocking("file.mkdirTemp") { call in
                let path = try folder.makeTemporaryFolder(call.optionalText(0) ?? "", in: call.optionalText(1) ?? "")
                return .json(.string(path))
            },
            .blocking("file.temp") { call in
                let path = try folder.makeTemporaryFile(
                    call.optionalText(0) ?? "", in: call.optionalText(1) ?? "", suffix: call.filledText(2) ?? "txt")
                return .json(.string(path))
            },
            .blocking("file.tar") { call in
                let second = Timestamp.now().microseconds / 1_000_000
                return .json(.string(try folder.archive(call.text(0, "dir"), second: second)))
            },
            .blocking("file.read") { call in .json(.string(try folder.read(call.text(0, "path")))) },
            .blocking("file.exists") { call in .json(.boolean(try folder.exists(call.text(0, "path")))) },
            .blocking("file.size") { call in .json(.integer(Int64(try folder.size(call.text(0, "path"))))) },
            .blocking("file.list") { call in
                .json(.array(try folder.list(call.optionalText(0) ?? "").map(JSONValue.string)))
            },
        ]
    }
}
