/// Which pods capture and scripts of workers are about, by the config map's keys.
///
/// | key | | default |
/// |---|---|---|
/// | `POD_REGEX` | what a pod's name has to match somewhere | `.*` |
/// | `NAMESPACES` | a list with commas; empty: all | empty |
/// | `EXCLUDED_NAMESPACES` | is taken off that | empty |
package struct PodTargeting: Sendable, Hashable {
    package static let keys = ["POD_REGEX", "NAMESPACES", "EXCLUDED_NAMESPACES"]

    package let pattern: String
    package let namespaces: Set<String>
    package let excludedNamespaces: Set<String>

    package init(pattern: String = ".*", namespaces: [String] = [], excludedNamespaces: [String] = []) {
        self.pattern = pattern
        self.namespaces = Set(namespaces)
        self.excludedNamespaces = Set(excludedNamespaces)
    }

    /// Reads the keys, of which those that are not there have their defaults.
    package init(_ keys: [String: String]) {
        func list(_ key: String) -> [String] {
            (keys[key] ?? "").split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
        }
        let pattern = keys["POD_REGEX"] ?? ""
        self.init(
            pattern: pattern.isEmpty ? ".*" : pattern, namespaces: list("NAMESPACES"),
            excludedNamespaces: list("EXCLUDED_NAMESPACES"))
    }

    /// Whether no pod is left out.
    package var isEverything: Bool {
        [".*", "^.*", "^.*$", ".*$", ""].contains(pattern) && namespaces.isEmpty && excludedNamespaces.isEmpty
    }

    /// A matcher, which belongs to one thread at a time: regular expressions cannot be shared. A pattern that is none matches
    /// nothing; the hub has looked at it before.
    package func makeMatcher() -> Matcher { Matcher(self) }

    /// Says of pods whether they are meant.
    package struct Matcher {
        private let targeting: PodTargeting
        private let expression: Regex<AnyRegexOutput>?

        init(_ targeting: PodTargeting) {
            self.targeting = targeting
            expression = try? Regex(targeting.pattern)
        }

        package func includes(namespace: String, name: String) -> Bool {
            guard targeting.namespaces.isEmpty || targeting.namespaces.contains(namespace),
                !targeting.excludedNamespaces.contains(namespace), let expression
            else { return false }
            return name.firstMatch(of: expression) != nil
        }
    }
}
