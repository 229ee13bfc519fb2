/// One kind of object that the simulator stores.
struct Resource: Sendable {
    /// What names of this kind must look like.
    enum NameRule: Sendable {
        /// Letters, digits, dashes and dots, up to 253 bytes: nearly everything.
        case subdomain
        /// The same without dots, up to 63 bytes: namespaces.
        case label
        /// A label that starts with a letter: services.
        case serviceLabel
    }

    /// A column of the tables that `kubectl get` prints, beside the name and the age.
    struct Column: Sendable {
        let name: String
        let type: String
        /// 1 for columns that only `-o wide` shows.
        let priority: Int64
    }

    let group: String
    let version: String
    let plural: String
    let kind: String
    let shortNames: [String]
    let isNamespaced: Bool
    /// Whether `status` is written through a path of its own.
    let hasStatus: Bool
    /// Whether `metadata.generation` counts the changes of `spec`.
    let countsGenerations: Bool
    let nameRule: NameRule
    /// Fields that a field selector may name, beside `metadata.name` and `metadata.namespace`.
    let selectableFields: [String]
    let columns: [Column]

    init(
        _ plural: String, _ kind: String, group: String = "", version: String = "v1", short: [String] = [],
        namespaced: Bool = true, status: Bool = false, generations: Bool = false, names: NameRule = .subdomain,
        selectable: [String] = [], columns: [Column] = []
    ) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
        shortNames = short
        isNamespaced = namespaced
        hasStatus = status
        countsGenerations = generations
        nameRule = names
        selectableFields = selectable
        self.columns = columns
    }

    /// `v1` or `apps/v1`.
    var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    /// `pods` or `deployments.apps`: what error messages and this package's interface call it.
    var qualified: String { group.isEmpty ? plural : "\(plural).\(group)" }
    /// `Pod` or `Deployment.apps`.
    var qualifiedKind: String { group.isEmpty ? kind : "\(kind).\(group)" }
}
