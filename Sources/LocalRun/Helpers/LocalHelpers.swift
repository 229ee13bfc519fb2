internal import JSON
internal import ScriptCheck
internal import ScriptRuntime
internal import YAML

/// Helpers that a run has of its own.
enum LocalHelpers {
    /// What asks about the process.
    static func utils(node: String) -> [HostFunction] {
        [
            HostFunction("utils.nodeName") { _ in .json(.string(node)) },
            HostFunction("utils.workerName") { _ in .json(.string("local/\(node)")) },
            HostFunction("utils.json2Yaml") { call in
                let value: JSONValue
                if let structure = call.value(0), structure.object != nil || structure.array != nil {
                    value = structure
                } else {
                    do {
                        value = try JSONValue(parsing: try call.text(0, "json"))
                    } catch let error as JSONError {
                        throw HelperError(
                            "utils.json2Yaml: argument 1 (json) is no JSON: \(error)", code: "JSON_SYNTAX")
                    }
                }
                return .json(.string(String(decoding: YAML.emit(value), as: UTF8.self)))
            },
        ]
    }

    /// `wrapper.joinMaps`, where nothing else in the process has it; loaded before ``missing(isHub:)``.
    static let joinMaps = ScriptPrelude(
        name: "joinMaps",
        source: """
            (function (kit) {
            "use strict";
            if (globalThis.wrapper !== undefined && wrapper.joinMaps !== undefined) return;
            const { keys, defineProperty } = Object, isArray = Array.isArray;
            function isMap(value) { return typeof value === "object" && value !== null && !isArray(value); }
            function joined(a, b) {
                if (typeof a === "number" && typeof b === "number") return a + b;
                if (isMap(a) && isMap(b)) return joinMaps(a, b);
                return isArray(a) && isArray(b) ? a.concat(b) : b;
            }
            function put(out, name, value) {
                defineProperty(out, name, { value, writable: true, enumerable: true, configurable: true });
            }
            function joinMaps(a, b) {
                const out = {}, first = isMap(a) ? a : {}, second = isMap(b) ? b : {};
                for (const name of keys(first)) put(out, name, first[name]);
                for (const name of keys(second))
                    put(out, name, name in first ? joined(first[name], second[name]) : second[name]);
                return out;
            }
            kit.define("wrapper.joinMaps", joinMaps);
            })
            """)

    /// Every helper that nothing in the process has, as a function that says so; loaded after all others.
    ///
    /// A script that calls one gets an error with a reason and a code, and not the engine's word that undefined is no
    /// function.
    static func missing(isHub: Bool) -> ScriptPrelude {
        let reasons = HelperCatalog.paths.map { path in
            "\(JSONValue.string(path)):\(JSONValue.string(reason(path, isHub: isHub)))"
        }
        return ScriptPrelude(
            name: "missing helpers",
            source: """
                (function (kit) {
                "use strict";
                const reasons = {\(reasons.joined(separator: ","))};
                function isThere(path) {
                    let value = globalThis;
                    for (const name of path.split(".")) {
                        if (value === undefined || value === null) return false;
                        value = value[name];
                    }
                    return value !== undefined;
                }
                const ErrorOf = Error;
                for (const path of Object.keys(reasons)) {
                    if (isThere(path)) continue;
                    kit.define(path, function () {
                        const error = new ErrorOf(path + ": " + reasons[path]);
                        error.code = "UNAVAILABLE";
                        throw error;
                    });
                }
                })
                """)
    }

    private static func reason(_ path: String, isHub: Bool) -> String {
        if path.hasPrefix("pcap.") {
            return isHub
                ? "pcap helpers are only available on workers" : "there are no capture files in this run"
        }
        return "this helper is not available in remora run"
    }
}
