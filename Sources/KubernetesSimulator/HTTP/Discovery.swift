internal import HTTPServer
internal import JSON

/// Answers what the server offers: kubectl asks before anything else.
enum Discovery {
    static func answer(_ http: HTTPRequest, _ simulator: KubernetesSimulator) throws(APIStatus) -> HTTPResponse {
        guard http.method == "GET" || http.method == "HEAD" else { throw .methodNotAllowed() }
        let parts = http.path.split(separator: "/").map(String.init)
        switch parts.first {
        case "healthz", "livez", "readyz": return .text("ok")
        case "version" where parts.count == 1: return .json(version)
        case "api" where parts.count == 1: return .json(coreVersions(http))
        case "api" where parts == ["api", "v1"]: return .json(resources(group: "", version: "v1"))
        case "apis": return try groups(parts)
        case "openapi" where parts == ["openapi", "v2"]: return schema(http)
        default: return .text("404 page not found\n", status: 404)
        }
    }

    private static let version: JSONValue = [
        "major": "1", "minor": "20", "gitVersion": "v1.20.2", "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swiftc", "platform": "linux/amd64",
    ]

    /// An empty schema: kubectl then checks nothing before it sends, and merges by what it knows itself.
    private static func schema(_ http: HTTPRequest) -> HTTPResponse {
        if http.headers["Accept"]?.contains("protobuf") ?? false {
            // A message without fields is empty.
            return HTTPResponse(
                headers: ["Content-Type": "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"])
        }
        return .json(["swagger": "2.0", "info": ["title": "Kubernetes", "version": "v1.20.2"], "paths": [:]])
    }

    private static func coreVersions(_ http: HTTPRequest) -> JSONValue {
        [
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [
                ["clientCIDR": "0.0.0.0/0", "serverAddress": .string(http.headers["Host"] ?? "")]
            ],
        ]
    }

    private static func groups(_ parts: [String]) throws(APIStatus) -> HTTPResponse {
        let groups = ResourceCatalog.standard.groups
        if parts.count == 1 {
            return .json([
                "kind": "APIGroupList", "apiVersion": "v1",
                "groups": .array(groups.map { group($0.name, $0.version) }),
            ])
        }
        guard let known = groups.first(where: { $0.name == parts[1] }) else { throw .noSuchResource() }
        if parts.count == 2 {
            var answer: JSONValue = ["kind": "APIGroup", "apiVersion": "v1"]
            for (name, value) in group(known.name, known.version).object ?? [:] { answer[name] = value }
            return .json(answer)
        }
        guard parts.count == 3, parts[2] == known.version else { throw .noSuchResource() }
        return .json(resources(group: known.name, version: known.version))
    }

    private static func group(_ name: String, _ version: String) -> JSONValue {
        let version: JSONValue = ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
        return ["name": .string(name), "versions": [version], "preferredVersion": version]
    }

    private static func resources(group: String, version: String) -> JSONValue {
        let stored = ResourceCatalog.standard.resources.filter { $0.group == group && $0.version == version }
        return [
            "kind": "APIResourceList", "apiVersion": "v1",
            "groupVersion": .string(group.isEmpty ? version : "\(group)/\(version)"),
            "resources": .array(stored.flatMap(entries) + reviews(group)),
        ]
    }

    private static func entries(_ resource: Resource) -> [JSONValue] {
        var entry = entry(resource.plural, resource.kind, resource.isNamespaced, allVerbs)
        if !resource.shortNames.isEmpty { entry["shortNames"] = .array(resource.shortNames.map(JSONValue.string)) }
        var entries = [entry]
        if resource.hasStatus {
            entries.append(
                Self.entry(
                    "\(resource.plural)/status", resource.kind, resource.isNamespaced, ["get", "patch", "update"]))
        }
        if resource.kind == "Pod" { entries.append(Self.entry("pods/log", "Pod", true, ["get"])) }
        return entries
    }

    private static func reviews(_ group: String) -> [JSONValue] {
        switch group {
        case "authentication.k8s.io": [entry("tokenreviews", "TokenReview", false, ["create"])]
        case "authorization.k8s.io":
            [
                entry("selfsubjectaccessreviews", "SelfSubjectAccessReview", false, ["create"]),
                entry("subjectaccessreviews", "SubjectAccessReview", false, ["create"]),
            ]
        default: []
        }
    }

    private static func entry(_ name: String, _ kind: String, _ isNamespaced: Bool, _ verbs: [String]) -> JSONValue {
        [
            "name": .string(name), "singularName": "", "namespaced": .boolean(isNamespaced), "kind": .string(kind),
            "verbs": .array(verbs.map(JSONValue.string)),
        ]
    }

    private static let allVerbs = [
        "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch",
    ]
}
