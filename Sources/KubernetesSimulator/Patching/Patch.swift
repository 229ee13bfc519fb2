internal import HTTPServer
internal import JSON

/// A change to an object, in one of the four forms that the API takes.
enum Patch: Sendable {
    case json(JSONPatch)
    case merge(JSONValue)
    case strategic(JSONValue)
    case apply(JSONValue, force: Bool)

    /// Reads the patch of a request, whose content type says which form it has.
    init(_ request: APIRequest, _ resource: Resource) throws(APIStatus) {
        let contentType = request.http.headers["Content-Type"] ?? ""
        let mediaType = contentType.prefix { $0 != ";" && $0 != " " }
        switch mediaType {
        case "application/json-patch+json", "application/merge-patch+json",
            "application/strategic-merge-patch+json", "application/apply-patch+yaml":
            break
        default: throw .unsupportedMediaType()
        }
        let body = try RequestBody.parse(request.http, kind: resource.kind)
        switch mediaType {
        case "application/json-patch+json": self = .json(try JSONPatch(body))
        case "application/merge-patch+json": self = .merge(body)
        case "application/strategic-merge-patch+json": self = .strategic(body)
        default:
            if request.http.query["fieldManager"]?.isEmpty ?? true { throw Self.managerRequired }
            self = .apply(body, force: request.flag("force"))
        }
    }

    /// Who applies must say as whom: what is no longer applied is told from what others own by this name.
    private static let managerRequired = APIStatus.invalid(
        group: "meta.k8s.io", kind: "PatchOptions", name: "",
        [.required("fieldManager", "is required for apply patch")])
}

extension ObjectRegistry {
    mutating func patch(
        _ patch: Patch, _ resource: Resource, namespace: String, name: String, _ options: WriteOptions
    ) throws(APIStatus) -> Outcome {
        if case .apply(let configuration, let force) = patch {
            return try apply(
                configuration, resource, namespace: namespace, name: name, force: force, options)
        }
        let old = try get(resource, namespace: namespace, name: name)
        let value = old.value
        let patched: JSONValue
        switch patch {
        case .json(let patch): patched = try patch.applied(to: value)
        case .merge(let patch): patched = MergePatch.applied(patch, to: value)
        case .strategic(let patch): patched = StrategicMergePatch.applied(patch, to: value)
        case .apply: patched = value
        }
        return try update(patched, resource, namespace: namespace, name: name, options)
    }
}
