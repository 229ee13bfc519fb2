internal import Dissection
package import FilterLanguage
package import ScriptRuntime

/// What filters of all scripts have in common.
package struct FilterTerms: Sendable, Equatable {
    /// What an item must match to reach any script (`GLOBAL_FILTER`); empty: nothing.
    package var globalFilter = ""
    /// What words stand for (`CUSTOM_MACROS`).
    package var macros = FilterMacros.builtIn

    /// No global filter, no macros of one's own.
    package init() {}
}

/// Which scripts want an item: those without `onItemCaptured.filter`, and those whose filter matches.
package struct ItemFilters {
    private let engine: ScriptEngine
    private var version = -1
    /// Filters that tell the time are compiled anew by it.
    private let cache: FilterCache
    private var global = ""
    private var filters: [(script: Int, text: String?)] = []
    /// Texts that are no filters, each told once to its script.
    private var refused: [Int: String] = [:]

    /// Filters of an engine's scripts.
    ///
    /// - Parameters:
    ///   - terms: what holds for all of them.
    package init(engine: ScriptEngine, terms: FilterTerms = .init()) {
        self.engine = engine
        cache = FilterCache(macros: terms.macros)
        global = terms.globalFilter
    }

    /// Goes by other terms from now on.
    package mutating func change(_ terms: FilterTerms) {
        cache.setMacros(terms.macros)
        global = terms.globalFilter
        // A filter may make sense now that did not.
        version = -1
        refused = [:]
    }

    /// The filter that drops items for everybody; nil if there is none.
    private var globalFilter: Filter? { global.isEmpty ? nil : try? cache.filter(global) }

    /// The scripts that want an item.
    package mutating func scripts(for item: some FilterSubject) -> Set<Int> {
        refresh()
        if let globalFilter, !globalFilter.matches(item) { return [] }
        return Set(
            filters.filter { filter in
                guard let text = filter.text else { return true }
                return (try? cache.filter(text))?.matches(item) ?? false
            }.map(\.script))
    }

    /// The items that scripts want, for each group of scripts that wants the same; and how many items any of them wants.
    mutating func wanted(
        _ items: [Item], _ scene: ItemScene
    ) -> (groups: [(scripts: Set<Int>, items: [Item])], count: Int) {
        refresh()
        var items = items
        if let globalFilter { items = items.filter { globalFilter.matches(ItemView($0, scene)) } }
        guard !items.isEmpty else { return ([], 0) }
        var groups: [(scripts: Set<Int>, items: [Item])] = []
        let takers = Set(filters.filter { $0.text == nil }.map(\.script))
        if !takers.isEmpty { groups.append((takers, items)) }
        let choosers = filters.compactMap { filter in
            filter.text.flatMap { text in (try? cache.filter(text)).map { (filter.script, $0) } }
        }
        guard !choosers.isEmpty else { return (groups, takers.isEmpty ? 0 : items.count) }
        // What one filter makes of an item, the next one finds there.
        let views = items.map { ItemView($0, scene) }
        var isWanted = items.map { _ in !takers.isEmpty }
        for (script, filter) in choosers {
            let chosen = items.indices.filter { filter.matches(views[$0]) }
            for index in chosen { isWanted[index] = true }
            if !chosen.isEmpty { groups.append(([script], chosen.map { items[$0] })) }
        }
        return (groups, isWanted.count { $0 })
    }

    private mutating func refresh() {
        // Read before the subscriptions: what changes in between is seen with the next item.
        let latest = engine.subscriptionVersion
        guard latest != version else { return }
        version = latest
        filters = engine.subscriptions(to: .itemCaptured).compactMap { subscription in
            let index = subscription.script.index
            guard let text = subscription.filter else { return (index, nil) }
            do throws(FilterError) {
                _ = try cache.filter(text)
                return (index, text)
            } catch {
                if refused.updateValue(text, forKey: index) != text {
                    engine.report("onItemCaptured.filter: \(error); the script gets no items", to: index)
                }
                return nil
            }
        }
    }
}
