/// Selects objects by their labels: `app=web,tier in (a,b),!canary`.
struct LabelSelector: Sendable, Equatable {
    enum Requirement: Sendable, Equatable {
        case isIn(String, Set<String>)
        /// Also true for objects without the label.
        case isNotIn(String, Set<String>)
        case exists(String)
        case doesNotExist(String)
        case isGreater(String, Int64)
        case isLess(String, Int64)
    }

    let requirements: [Requirement]

    static let everything = LabelSelector(requirements: [])

    private init(requirements: [Requirement]) { self.requirements = requirements }

    init(_ text: String) throws(APIStatus) {
        var scanner = Scanner(text)
        requirements = try scanner.requirements()
    }

    func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .isIn(let key, let values): labels[key].map(values.contains) ?? false
            case .isNotIn(let key, let values): labels[key].map { !values.contains($0) } ?? true
            case .exists(let key): labels[key] != nil
            case .doesNotExist(let key): labels[key] == nil
            case .isGreater(let key, let bound): labels[key].flatMap(Int64.init).map { $0 > bound } ?? false
            case .isLess(let key, let bound): labels[key].flatMap(Int64.init).map { $0 < bound } ?? false
            }
        }
    }
}

extension LabelSelector {
    private struct Scanner {
        private var rest: Substring

        init(_ text: String) { rest = text[...] }

        mutating func requirements() throws(APIStatus) -> [Requirement] {
            var requirements: [Requirement] = []
            skipSpace()
            while !rest.isEmpty {
                requirements.append(try requirement())
                skipSpace()
                if rest.isEmpty { break }
                guard take(",") else { throw fault("found '\(rest)', expected: ',' or 'end of string'") }
                skipSpace()
            }
            return requirements
        }

        private mutating func requirement() throws(APIStatus) -> Requirement {
            if take("!") {
                skipSpace()
                return .doesNotExist(try key())
            }
            let key = try key()
            skipSpace()
            if take("==") || take("=") { return .isIn(key, [word()]) }
            if take("!=") { return .isNotIn(key, [word()]) }
            if take(">") { return .isGreater(key, try number()) }
            if take("<") { return .isLess(key, try number()) }
            if rest.isEmpty || rest.first == "," { return .exists(key) }
            switch word() {
            case "in": return .isIn(key, try set())
            case "notin": return .isNotIn(key, try set())
            case let other: throw fault("found '\(other)', expected: '=', '!=', '==', 'in', notin'")
            }
        }

        private mutating func set() throws(APIStatus) -> Set<String> {
            skipSpace()
            guard take("(") else { throw fault("found '\(rest)' expected: '('") }
            var values: Set<String> = []
            repeat { values.insert(word()) } while take(",")
            guard take(")") else { throw fault("found '\(rest)', expected: ',' or ')'") }
            return values
        }

        private mutating func key() throws(APIStatus) -> String {
            let key = word()
            guard !key.isEmpty else { throw fault("found '\(rest)', expected: identifier") }
            return key
        }

        private mutating func number() throws(APIStatus) -> Int64 {
            let text = word()
            guard let number = Int64(text) else {
                throw fault("'\(text)': for 'Gt', 'Lt' operators, the value must be an integer")
            }
            return number
        }

        private mutating func word() -> String {
            skipSpace()
            let word = rest.prefix { !" ,()=!<>".contains($0) }
            rest = rest.dropFirst(word.count)
            skipSpace()
            return String(word)
        }

        private mutating func take(_ token: String) -> Bool {
            guard rest.hasPrefix(token) else { return false }
            rest = rest.dropFirst(token.count)
            return true
        }

        private mutating func skipSpace() { rest = rest.drop { $0 == " " } }

        private func fault(_ reason: String) -> APIStatus { .badRequest("unable to parse requirement: \(reason)") }
    }
}
