internal import JSON
internal import Timestamps

/// What the fields of a message mean, for the few kinds that `kubectl create` sends as protobuf since version 1.32. The
/// numbers are those of the `generated.proto` files of Kubernetes.
struct ProtobufSchema: Sendable {
    indirect enum FieldType: Sendable {
        case string
        case boolean
        case integer
        /// Base 64 in JSON.
        case bytes
        case message(ProtobufSchema)
        case list(FieldType)
        /// From strings to values of a type.
        case map(FieldType)
        /// A moment, as seconds since 1970.
        case time
    }

    let fields: [Int: (name: String, type: FieldType)]

    /// The schema of a kind; nil if clients do not send it as protobuf, or we do not know it.
    static func of(kind: String) -> ProtobufSchema? {
        switch kind {
        case "ConfigMap": configMap
        case "Secret": secret
        case "Namespace": namespace
        case "ServiceAccount": ProtobufSchema(fields: [1: ("metadata", .message(metadata))])
        case "SelfSubjectAccessReview": review
        case "DeleteOptions": deleteOptions
        default: nil
        }
    }

    private static let metadata = ProtobufSchema(fields: [
        1: ("name", .string), 2: ("generateName", .string), 3: ("namespace", .string), 5: ("uid", .string),
        6: ("resourceVersion", .string), 7: ("generation", .integer), 8: ("creationTimestamp", .time),
        11: ("labels", .map(.string)), 12: ("annotations", .map(.string)), 14: ("finalizers", .list(.string)),
    ])
    private static let configMap = ProtobufSchema(fields: [
        1: ("metadata", .message(metadata)), 2: ("data", .map(.string)), 3: ("binaryData", .map(.bytes)),
        4: ("immutable", .boolean),
    ])
    private static let secret = ProtobufSchema(fields: [
        1: ("metadata", .message(metadata)), 2: ("data", .map(.bytes)), 3: ("type", .string),
        4: ("stringData", .map(.string)), 5: ("immutable", .boolean),
    ])
    private static let namespace = ProtobufSchema(fields: [
        1: ("metadata", .message(metadata)),
        2: ("spec", .message(ProtobufSchema(fields: [1: ("finalizers", .list(.string))]))),
    ])
    private static let review = ProtobufSchema(fields: [
        2: ("spec", .message(ProtobufSchema(fields: [1: ("resourceAttributes", .message(resourceAttributes))])))
    ])
    private static let resourceAttributes = ProtobufSchema(fields: [
        1: ("namespace", .string), 2: ("verb", .string), 3: ("group", .string), 4: ("version", .string),
        5: ("resource", .string), 6: ("subresource", .string), 7: ("name", .string),
    ])
    private static let deleteOptions = ProtobufSchema(fields: [
        1: ("gracePeriodSeconds", .integer),
        2: (
            "preconditions",
            .message(ProtobufSchema(fields: [1: ("uid", .string), 2: ("resourceVersion", .string)]))
        ),
        4: ("propagationPolicy", .string), 5: ("dryRun", .list(.string)),
    ])
}

extension ProtobufSchema {
    /// Reads an object in the envelope that Kubernetes puts around protobuf: four bytes, then type and content.
    static func object(_ bytes: [UInt8]) -> JSONValue? {
        guard bytes.starts(with: magic) else { return nil }
        let envelope = ProtobufSchema(fields: [
            1: ("type", .message(ProtobufSchema(fields: [1: ("apiVersion", .string), 2: ("kind", .string)])))
        ])
        let type = envelope.json(bytes.dropFirst(magic.count))["type"] ?? [:]
        var reader = ProtobufReader(bytes.dropFirst(magic.count))
        while let (field, content) = reader.next() {
            guard field == 2, case .bytes(let raw) = content else { continue }
            guard let kind = type["kind"]?.string, let schema = of(kind: kind) else { return nil }
            var object = schema.json(raw)
            object["kind"] = type["kind"]
            object["apiVersion"] = type["apiVersion"]
            return object
        }
        return nil
    }

    private static let magic: [UInt8] = [0x6b, 0x38, 0x73, 0x00]

    private func json(_ bytes: ArraySlice<UInt8>) -> JSONValue {
        var object: JSONValue = [:]
        var reader = ProtobufReader(bytes)
        while let (number, content) = reader.next() {
            guard let field = fields[number] else { continue }
            object[field.name] = Self.value(content, field.type, over: object[field.name])
        }
        return object
    }

    /// A field's value; fields of lists and maps stand once for each element.
    private static func value(
        _ content: ProtobufReader.Content, _ type: FieldType, over old: JSONValue?
    ) -> JSONValue? {
        switch (type, content) {
        case (.boolean, .number(let number)): return .boolean(number != 0)
        case (.integer, .number(let number)): return .integer(Int64(bitPattern: number))
        case (.string, .bytes(let bytes)):
            // Absent and empty are the same to protobuf; JSON clients leave it out.
            return bytes.isEmpty ? old : .string(String(decoding: bytes, as: UTF8.self))
        case (.bytes, .bytes(let bytes)): return .string(Base64.encode(bytes))
        case (.message(let schema), .bytes(let bytes)): return schema.json(bytes)
        case (.list(let type), _): return .array((old?.array ?? []) + [value(content, type, over: nil) ?? ""])
        case (.map(let type), .bytes(let bytes)):
            let entry = ProtobufSchema(fields: [1: ("key", .string), 2: ("value", type)]).json(bytes)
            var map = old ?? [:]
            map[entry["key"]?.string ?? ""] = entry["value"] ?? ""
            return map
        case (.time, .bytes(let bytes)):
            let time = ProtobufSchema(fields: [1: ("seconds", .integer)]).json(bytes)
            return time["seconds"]?.integer.map { .string(Timestamp(sinceEpoch: .seconds($0)).description) }
        default: return old
        }
    }
}
