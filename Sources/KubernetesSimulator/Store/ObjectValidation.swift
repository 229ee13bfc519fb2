internal import JSON

/// The rules that a client meets in practice: names, labels, and the limits of config maps and secrets.
enum ObjectValidation {
    /// The server's limit on the data of a config map or a secret: what etcd takes in one request, less some room.
    static let dataByteLimit = 1 << 20

    static func check(_ object: JSONValue, _ resource: Resource) throws(APIStatus) {
        let name = object.metadata["name"]?.string ?? ""
        var causes = nameFaults(name, resource) + labelFaults(object.metadata["labels"])
        if resource.kind == "ConfigMap" || resource.kind == "Secret" { causes += dataFaults(object) }
        if resource.kind == "Pod" { causes += podFaults(object) }
        if !causes.isEmpty { throw .invalid(resource, name, causes) }
    }

    /// Immutable config maps and secrets may change their metadata only.
    static func checkUpdate(from old: JSONValue, to new: JSONValue, _ resource: Resource) throws(APIStatus) {
        guard resource.kind == "ConfigMap" || resource.kind == "Secret", old["immutable"] == true else { return }
        let rule = "field is immutable when `immutable` is set"
        let changed = ["immutable", "data", "binaryData"].filter { (old[$0] ?? .null) != (new[$0] ?? .null) }
        if !changed.isEmpty {
            throw .invalid(resource, new.metadata["name"]?.string ?? "", changed.map { .forbidden($0, rule) })
        }
    }

    // MARK: Names

    private static func nameFaults(_ name: String, _ resource: Resource) -> [APIStatus.Cause] {
        let field = "metadata.name"
        if name.isEmpty { return [.required(field, "name or generateName is required")] }
        switch resource.nameRule {
        case .subdomain:
            if name.utf8.count > 253 { return [tooLong(field, name, 253)] }
            let labels = name.split(separator: ".", omittingEmptySubsequences: false)
            return labels.allSatisfy { isLabel($0) } ? [] : [.invalid(field, name, subdomainRule)]
        case .label:
            if name.utf8.count > 63 { return [tooLong(field, name, 63)] }
            return isLabel(name[...]) ? [] : [.invalid(field, name, labelRule)]
        case .serviceLabel:
            if name.utf8.count > 63 { return [tooLong(field, name, 63)] }
            let startsWithLetter = name.utf8.first.map { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 } ?? false
            return isLabel(name[...]) && startsWithLetter ? [] : [.invalid(field, name, serviceLabelRule)]
        }
    }

    private static func isLabel(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
            && text.utf8.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    private static func tooLong(_ field: String, _ value: String, _ limit: Int) -> APIStatus.Cause {
        .invalid(field, value, "must be no more than \(limit) characters")
    }

    private static let subdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + #"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#
    private static let labelRule =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        + "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
    private static let serviceLabelRule =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        + "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation "
        + "is '[a-z]([-a-z0-9]*[a-z0-9])?')"

    // MARK: Labels

    private static func labelFaults(_ labels: JSONValue?) -> [APIStatus.Cause] {
        var causes: [APIStatus.Cause] = []
        for (key, value) in labels?.object ?? [:] {
            let name = key.split(separator: "/", maxSplits: 1).last ?? ""
            if !isLabelText(name) { causes.append(.invalid("metadata.labels", key, "name part \(labelTextRule)")) }
            guard let text = value.string else {
                causes.append(.invalid("metadata.labels", value.description, "must be a string"))
                continue
            }
            if !text.isEmpty && !isLabelText(text[...]) {
                causes.append(.invalid("metadata.labels", text, "a valid label \(labelTextRule)"))
            }
        }
        return causes
    }

    private static func isLabelText(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= 63 else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
    }

    private static let labelTextRule =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character, and have no more than 63 characters"

    // MARK: Content

    private static func dataFaults(_ object: JSONValue) -> [APIStatus.Cause] {
        var causes: [APIStatus.Cause] = []
        var bytes = 0
        for field in ["data", "binaryData"] {
            for (key, value) in object[field]?.object ?? [:] {
                let isKey = !key.isEmpty && key.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
                if !isKey { causes.append(.invalid("\(field)[\(key)]", key, dataKeyRule)) }
                bytes += value.string?.utf8.count ?? 0
            }
        }
        if bytes > dataByteLimit {
            // The brackets are what the server writes where it has no field to name.
            causes.append(
                .init(
                    reason: "FieldValueTooLong", message: "Too long: must have at most \(dataByteLimit) bytes",
                    field: "[]"))
        }
        return causes
    }

    private static let dataKeyRule =
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  "
        + "or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

    private static func podFaults(_ pod: JSONValue) -> [APIStatus.Cause] {
        (pod.at("spec", "containers")?.array ?? []).isEmpty ? [.required("spec.containers", "")] : []
    }
}
