internal import JSON

extension ObjectRegistry {
    /// What a list asks for.
    struct ListRequest: Sendable {
        /// Which state of the collection.
        enum Version: Sendable, Equatable {
            case mostRecent
            case any
            case notOlderThan(UInt64)
            case exactly(UInt64)
            case continuing(ContinueToken)
        }

        var selection = Selection()
        /// 0 for no limit.
        var limit = 0
        var version = Version.mostRecent
    }

    /// A page of a list.
    struct ListPage: Sendable {
        let objects: [StoredObject]
        let revision: UInt64
        var continueToken: String?
        var remainingItemCount: Int?
    }

    func list(_ resource: Resource, _ request: ListRequest) throws(APIStatus) -> ListPage {
        let (collection, revision) = try collection(resource, request.version)
        var objects: ArraySlice<StoredObject> = collection.objects[...]
        if case .continuing(let token) = request.version {
            objects = collection.objects[collection.index(of: key(token, resource, request.selection))...]
        }
        // As in the real server, which answers "any" from its cache, and its cache knows no limits.
        let limit = request.limit > 0 && request.version != .any ? request.limit : Int.max
        var page: [StoredObject] = []
        var rest = objects.makeIterator()
        while page.count < limit, let object = rest.next() {
            if request.selection.matches(object) { page.append(object) }
        }
        let remaining = IteratorSequence(rest).reduce(into: 0) { if request.selection.matches($1) { $0 += 1 } }
        guard remaining > 0, let last = page.last else { return ListPage(objects: page, revision: revision) }
        let start = ContinueToken.start(after: last, in: request.selection.namespace)
        return ListPage(
            objects: page, revision: revision,
            continueToken: ContinueToken(revision: revision, start: start).text,
            // With selectors the real server does not count what is left.
            remainingItemCount: request.selection.isWhole ? remaining : nil)
    }

    private func collection(
        _ resource: Resource, _ version: ListRequest.Version
    ) throws(APIStatus) -> (ObjectCollection, UInt64) {
        let current = store.collection(resource)
        switch version {
        case .mostRecent, .any: return (current, store.revision)
        case .notOlderThan(let revision):
            guard revision <= store.revision else { throw .tooLarge(revision, current: store.revision) }
            return (current, store.revision)
        case .exactly(let revision):
            guard revision <= store.revision else {
                throw .internalError("etcdserver: mvcc: required revision is a future revision")
            }
            guard let past = current.rolledBack(to: revision) else { throw .compacted() }
            return (past, revision)
        case .continuing(let token):
            guard let revision = token.revision else { return (current, store.revision) }
            guard revision <= store.revision, let past = current.rolledBack(to: revision) else {
                throw .expiredContinue(ContinueToken(revision: nil, start: token.start).text)
            }
            return (past, revision)
        }
    }

    private func key(_ token: ContinueToken, _ resource: Resource, _ selection: Selection) -> String {
        selection.namespace.isEmpty ? token.start : "\(selection.namespace)/\(token.start)"
    }
}
