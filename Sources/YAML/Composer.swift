internal import JSON

/// Builds values from the events of a YAML text.
struct Composer: ~Copyable {
    private var events: EventReader
    private let limits: YAML.Limits
    /// Values made so far, in all documents.
    private var nodeCount = 0
    /// The anchors of the current document.
    private var anchors: [String: Anchor] = [:]

    /// A value, and how many levels lie below it.
    private struct Node {
        let value: JSONValue
        let height: Int
    }

    private enum Anchor {
        /// Its node is being read: an alias here would contain itself.
        case open
        case closed(Node, count: Int)
    }

    /// Reads from `text`, which must outlive the composer.
    init(_ text: UnsafeRawBufferPointer, _ limits: YAML.Limits) throws(YAMLError) {
        self.limits = limits
        events = EventReader(text)
        guard text.count <= limits.bytes else {
            throw YAMLError(
                line: 1, column: 1,
                problem: "the text has \(text.count) bytes, more than the limit of \(limits.bytes) (YAML.Limits.bytes)")
        }
        _ = try events.next()  // the stream's start
    }

    /// The next document's value; nil at the end of the text, after which it must not be called again.
    mutating func nextDocument() throws(YAMLError) -> JSONValue? {
        guard case .documentStart = try events.next().kind else { return nil }
        anchors.removeAll()
        let node = try node(events.next(), depth: 0)
        _ = try events.next()  // the document's end
        return node.value
    }

    /// Checks that no further document follows.
    mutating func expectEnd() throws(YAMLError) {
        let event = try events.next()
        if case .documentStart = event.kind {
            throw event.mark.error("a second document begins here; only one is expected")
        }
    }

    private mutating func node(_ event: Event, depth: Int) throws(YAMLError) -> Node {
        switch event.kind {
        case .alias(let name): return try alias(name, depth: depth, at: event.mark)
        case .scalar(let scalar, let anchor):
            try count(1, at: event.mark)
            let node = Node(value: try Self.value(scalar, at: event.mark), height: 0)
            if let anchor { anchors[anchor] = .closed(node, count: 1) }
            return node
        case .sequenceStart(let anchor):
            return try collection(anchor, depth: depth, at: event.mark) { composer, depth throws(YAMLError) in
                try composer.sequence(depth: depth)
            }
        case .mappingStart(let anchor):
            return try collection(anchor, depth: depth, at: event.mark) { composer, depth throws(YAMLError) in
                try composer.mapping(depth: depth)
            }
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            preconditionFailure("libyaml's grammar has a node here")
        }
    }

    /// Reads a sequence or mapping with `body`, and keeps it for its aliases.
    private mutating func collection(
        _ anchor: String?, depth: Int, at mark: Event.Mark,
        _ body: (inout Composer, Int) throws(YAMLError) -> Node
    ) throws(YAMLError) -> Node {
        try check(depth: depth + 1, at: mark)
        let countBefore = nodeCount
        try count(1, at: mark)
        if let anchor { anchors[anchor] = .open }
        let node = try body(&self, depth + 1)
        if let anchor { anchors[anchor] = .closed(node, count: nodeCount - countBefore) }
        return node
    }

    private mutating func sequence(depth: Int) throws(YAMLError) -> Node {
        var elements: [JSONValue] = []
        var height = 0
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { return Node(value: .array(elements), height: height) }
            let element = try node(event, depth: depth)
            elements.append(element.value)
            height = max(height, element.height + 1)
        }
    }

    private mutating func mapping(depth: Int) throws(YAMLError) -> Node {
        var members: JSONValue = .object([:])
        var merged: JSONValue?
        var height = 0
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { break }
            if Self.isMergeKey(event) {
                guard merged == nil else { throw event.mark.error("the key \"<<\" stands twice in this mapping") }
                let valueEvent = try events.next()
                let node = try node(valueEvent, depth: depth)
                merged = try Self.mergeSource(node.value, at: valueEvent.mark)
                height = max(height, node.height)
                continue
            }
            let key = try key(event)
            guard members[key] == nil else {
                throw event.mark.error("the key \"\(key)\" stands twice in this mapping")
            }
            let value = try node(events.next(), depth: depth)
            members[key] = value.value
            height = max(height, value.height + 1)
        }
        for (key, value) in merged?.object ?? [:] where members[key] == nil { members[key] = value }
        return Node(value: members, height: height)
    }

    private func alias(name: String, at mark: Event.Mark) throws(YAMLError) -> (node: Node, count: Int) {
        switch anchors[name] {
        case nil: throw mark.error("no anchor \"\(name)\" stands before this alias")
        case .open: throw mark.error("the anchor \"\(name)\" contains itself")
        case .closed(let node, let count): return (node, count)
        }
    }

    private mutating func alias(_ name: String, depth: Int, at mark: Event.Mark) throws(YAMLError) -> Node {
        let (node, count) = try alias(name: name, at: mark)
        try self.count(count, at: mark)
        try check(depth: depth + node.height, at: mark)
        return node
    }

    private mutating func count(_ nodes: Int, at mark: Event.Mark) throws(YAMLError) {
        nodeCount += nodes
        guard nodeCount <= limits.nodes else {
            throw mark.error(
                "the text stands for more than \(limits.nodes) values with its aliases resolved (YAML.Limits.nodes)")
        }
    }

    private func check(depth: Int, at mark: Event.Mark) throws(YAMLError) {
        guard depth <= limits.depth else {
            throw mark.error("values nest deeper than \(limits.depth) levels (YAML.Limits.depth)")
        }
    }

    // MARK: Keys

    private mutating func key(_ event: Event) throws(YAMLError) -> String {
        let value: JSONValue
        switch event.kind {
        case .alias(let name): value = try alias(name: name, at: event.mark).node.value
        case .scalar(let scalar, let anchor):
            // `.inf` and `.nan` are no JSON values, but good names.
            if scalar.tag == nil, scalar.isPlain, PlainScalar(scalar.text) == .notFinite { return scalar.text }
            value = try Self.value(scalar, at: event.mark)
            if let anchor { anchors[anchor] = .closed(Node(value: value, height: 0), count: 1) }
        default: throw event.mark.error("a mapping's key must be a scalar")
        }
        guard let key = Self.memberName(value) else {
            throw event.mark.error("a mapping's key must be a scalar, not null")
        }
        return key
    }

    /// The name that a key has in JSON, as kubectl makes it.
    private static func memberName(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .boolean, .integer, .double: value.description
        case .null, .array, .object: nil
        }
    }

    private static func isMergeKey(_ event: Event) -> Bool {
        guard case .scalar(let scalar, _) = event.kind, scalar.text == "<<" else { return false }
        return scalar.tag.map { $0 == Tag.merge } ?? scalar.isPlain
    }

    /// The members that a merge key brings in; of a sequence, the first mapping that has a key counts.
    private static func mergeSource(_ value: JSONValue, at mark: Event.Mark) throws(YAMLError) -> JSONValue {
        let sources = value.array ?? [value]
        var merged: JSONValue = .object([:])
        for source in sources {
            guard let members = source.object else {
                throw mark.error("the value of \"<<\" must be a mapping or a sequence of mappings")
            }
            for (key, value) in members where merged[key] == nil { merged[key] = value }
        }
        return merged
    }

    // MARK: Scalars

    private enum Tag {
        static let prefix = "tag:yaml.org,2002:"
        static let merge = prefix + "merge"
    }

    private static func value(_ scalar: Event.Scalar, at mark: Event.Mark) throws(YAMLError) -> JSONValue {
        guard let tag = scalar.tag else {
            guard scalar.isPlain else { return .string(scalar.text) }
            return try value(PlainScalar(scalar.text), text: scalar.text, at: mark)
        }
        guard tag.hasPrefix(Tag.prefix) else { return .string(scalar.text) }
        let name = tag.dropFirst(Tag.prefix.count)
        switch name {
        case "null", "bool", "int", "float":
            let value = try value(PlainScalar(scalar.text), text: scalar.text, at: mark)
            return try checked(value, isA: name, at: mark)
        case "binary":
            guard let bytes = Base64.decode(scalar.text) else { throw mark.error("the !!binary value is not base64") }
            return .string(String(decoding: bytes, as: UTF8.self))
        default:
            return .string(scalar.text)
        }
    }

    private static func value(
        _ scalar: PlainScalar, text: String, at mark: Event.Mark
    ) throws(YAMLError) -> JSONValue {
        switch scalar {
        case .null: .null
        case .boolean(let value): .boolean(value)
        case .integer(let value): .integer(value)
        case .double(let value): .double(value)
        case .string: .string(text)
        case .notFinite:
            throw mark.error("infinity and not-a-number have no place in JSON; write it in quotes if you mean the text")
        }
    }

    /// A value whose tag says what it must be.
    private static func checked(
        _ value: JSONValue, isA tag: Substring, at mark: Event.Mark
    ) throws(YAMLError) -> JSONValue {
        switch (tag, value) {
        case ("null", .null), ("bool", .boolean), ("int", .integer), ("float", .double): value
        case ("float", .integer(let integer)): .double(Double(integer))
        default: throw mark.error("the value is not what its tag !!\(tag) says")
        }
    }
}
