internal import JSON
internal import ScriptRuntime
internal import YAML

/// `utils.*`
enum UtilityHelpers {
    static func all(_ context: HelperContext) -> [Helper] {
        let (node, worker) = (context.visibleNodeName, context.workerName)
        return [
            .quick("utils.nodeName") { _ in .json(.string(node)) },
            .quick("utils.workerName") { _ in .json(.string(worker)) },
            .quick("utils.json2Yaml") { call in
                let value: JSONValue
                if case .json(let given) = call[0], given.string == nil, !given.isNull {
                    value = given
                } else {
                    let text = try call.text(0, "json")
                    do {
                        value = try JSONValue(parsing: text)
                    } catch {
                        throw HelperError("utils.json2Yaml: \(error)", name: "SyntaxError", code: "JSON_SYNTAX")
                    }
                }
                return .json(.string(String(decoding: YAML.emit(value), as: UTF8.self)))
            },
        ]
    }
}
