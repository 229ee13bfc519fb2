/// Selects objects by a few of their fields: `spec.nodeName=node-1,status.phase!=Running`.
struct FieldSelector: Sendable, Equatable {
    private struct Requirement: Sendable, Equatable {
        let field: String
        let value: String
        let isEqual: Bool
    }

    private let requirements: [Requirement]

    static let everything = FieldSelector(requirements: [])

    private init(requirements: [Requirement]) { self.requirements = requirements }

    /// Parses a selector; a field that the resource does not offer is refused, as by the server.
    init(_ text: String, for resource: Resource) throws(APIStatus) {
        var requirements: [Requirement] = []
        for term in Self.terms(text) where !term.isEmpty {
            let requirement = try Self.requirement(term)
            let isKnown =
                Self.common.contains(requirement.field) || resource.selectableFields.contains(requirement.field)
            guard isKnown else { throw Self.unknown(requirement.field, resource) }
            requirements.append(requirement)
        }
        self.requirements = requirements
    }

    func matches(_ object: StoredObject) -> Bool {
        requirements.allSatisfy { requirement in
            let value =
                switch requirement.field {
                case "metadata.name": object.name
                case "metadata.namespace": object.namespace
                default: object.fields[requirement.field] ?? ""
                }
            return (value == requirement.value) == requirement.isEqual
        }
    }

    private static let common = ["metadata.name", "metadata.namespace"]

    private static func requirement(_ term: String) throws(APIStatus) -> Requirement {
        for (sign, isEqual) in [("!=", false), ("==", true), ("=", true)] {
            guard let range = term.firstRange(of: sign) else { continue }
            return Requirement(
                field: String(term[..<range.lowerBound]), value: String(term[range.upperBound...]), isEqual: isEqual)
        }
        throw .badRequest("invalid selector: '\(term)'; can't understand '\(term)'")
    }

    /// Splits at commas; a backslash takes the next character as it is.
    private static func terms(_ text: String) -> [String] {
        var terms = [""]
        var isEscaped = false
        for character in text {
            if isEscaped {
                terms[terms.count - 1].append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                terms.append("")
            } else {
                terms[terms.count - 1].append(character)
            }
        }
        return terms
    }

    private static func unknown(_ field: String, _ resource: Resource) -> APIStatus {
        if resource.selectableFields.isEmpty {
            return .badRequest(
                "\"\(field)\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        }
        return .badRequest("field label not supported: \(field)")
    }
}

/// Both selectors of a list, a watch or a collection's deletion, and its namespace.
struct Selection: Sendable {
    var namespace = ""
    var labels = LabelSelector.everything
    var fields = FieldSelector.everything

    /// Whether every object of the namespace is selected.
    var isWhole: Bool { labels == .everything && fields == .everything }

    func matches(_ object: StoredObject) -> Bool {
        (namespace.isEmpty || object.namespace == namespace) && labels.matches(object.labels) && fields.matches(object)
    }
}
