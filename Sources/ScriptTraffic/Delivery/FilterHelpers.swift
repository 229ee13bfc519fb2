package import FilterLanguage
internal import JSON
package import ScriptRuntime

/// `kfl.match` and `kfl.validate`.
package enum FilterHelpers {
    /// Both.
    ///
    /// - Parameters:
    ///   - cache: the compiled filters, and the macros that they know.
    package static func all(_ cache: FilterCache = FilterCache()) -> [HostFunction] {
        [
            HostFunction("kfl.match") { call in
                // An old page of the documentation has the arguments the other way round.
                let isReversed = call.value(0)?.object != nil && call.value(1)?.object == nil
                let query = call.optionalText(isReversed ? 1 : 0) ?? ""
                let item = call.value(isReversed ? 0 : 1) ?? .null
                do throws(FilterError) {
                    return .json(.boolean(try cache.filter(query).matches(item)))
                } catch {
                    throw HelperError("\(error)", code: "KFL_SYNTAX")
                }
            },
            HostFunction("kfl.validate") { call in
                do throws(FilterError) {
                    _ = try cache.filter(call.optionalText(0) ?? "")
                    return true
                } catch {
                    if call.value(1) != .boolean(true) { call.console(.error, "\(error)") }
                    return false
                }
            },
        ]
    }
}
