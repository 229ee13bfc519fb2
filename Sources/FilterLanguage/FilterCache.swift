internal import OrderedCollections
internal import Threading
package import Timestamps

/// Keeps compiled filters by their texts, for those who match with the same text again and again, as scripts do.
///
/// Errors are kept too. A filter that uses the time is compiled anew when it is a second old. The oldest text is
/// forgotten when there are too many, so that texts put together at run time do not fill the memory.
package final class FilterCache: Sendable {
    private struct Entry {
        let result: Result<Filter, FilterError>
        let compiled: Timestamp
    }

    private struct State {
        var macros: FilterMacros
        var entries: OrderedDictionary<String, Entry> = [:]
    }

    private let state: Locked<State>
    private let capacity: Int

    /// An empty cache for `capacity` texts.
    package init(macros: FilterMacros = .builtIn, capacity: Int = 256) {
        state = Locked(State(macros: macros))
        self.capacity = max(1, capacity)
    }

    /// The filter of a text, compiled now if it is new.
    package func filter(_ text: String, now: Timestamp = .now()) throws(FilterError) -> Filter {
        let result: Result<Filter, FilterError> = state.withLock { state in
            if let entry = state.entries[text] {
                guard case .success(let filter) = entry.result, filter.isTimeDependent,
                    !(.zero..<Duration.seconds(1) ~= now - entry.compiled)
                else { return entry.result }
            }
            let macros = state.macros
            let result = Result { () throws(FilterError) in try Filter(text, macros: macros, now: now) }
            if state.entries[text] == nil, state.entries.count >= capacity { state.entries.removeFirst() }
            state.entries[text] = Entry(result: result, compiled: now)
            return result
        }
        return try result.get()
    }

    /// Uses other macros from now on; what was compiled with the old ones is forgotten.
    package func setMacros(_ macros: FilterMacros) {
        state.withLock { state in
            guard state.macros != macros else { return }
            state.macros = macros
            state.entries.removeAll()
        }
    }
}
