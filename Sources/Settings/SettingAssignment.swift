internal import Glibc
package import JSON

/// An argument of `--set`, `--set-json` or `--set-file`.
///
/// - `a.b=x` sets a value; `a.c.d=x` makes mappings on the way; `a[0]=x` sets an element and lengthens the list.
/// - `a+=x` appends to a list; `a={x,y}` is a list; `a=null` removes the value.
/// - The same key several times makes a list, as upstream does it.
/// - Commas outside braces are part of the value.
package struct SettingAssignment: Sendable, Equatable {
    /// What is to be done with the value.
    package enum Operation: Sendable, Equatable {
        /// Set the text, to be read as the setting's type.
        case text(String)
        /// Set a list of texts.
        case list([String])
        /// Append the text to a list.
        case append(String)
        /// Set this value as it is.
        case value(JSONValue)
        /// Remove the value.
        case remove
    }

    /// Which setting.
    package let path: SettingPath
    /// What is to be done.
    package let operation: Operation
    /// How it was given, for messages: the option and the key.
    package let origin: String

    /// Reads an argument of `--set`.
    package init(set argument: String) throws(SettingsError) {
        let (key, value, appends) = try Self.split(argument, "--set")
        path = try Self.path(key, "--set", argument)
        origin = "--set \(key)"
        if appends {
            operation = .append(value)
        } else if value == "null" {
            operation = .remove
        } else if value.hasPrefix("{"), value.hasSuffix("}") {
            operation = .list(Self.elements(String(value.dropFirst().dropLast())))
        } else {
            operation = .text(value)
        }
    }

    /// Reads an argument of `--set-json`: `key=JSON`.
    package init(setJSON argument: String) throws(SettingsError) {
        let (key, text, _) = try Self.split(argument, "--set-json")
        path = try Self.path(key, "--set-json", argument)
        origin = "--set-json \(key)"
        do {
            let value = try JSONValue(parsing: text)
            operation = value.isNull ? .remove : .value(value)
        } catch {
            throw .malformed(argument: origin, reason: "\(error)")
        }
    }

    /// Reads an argument of `--set-file`: `key=PATH`; the value is the file's text.
    package init(setFile argument: String, read: (String) throws(SettingsError) -> String) throws(SettingsError) {
        let (key, file, _) = try Self.split(argument, "--set-file")
        path = try Self.path(key, "--set-file", argument)
        origin = "--set-file \(key)"
        operation = .value(.string(try read(file)))
    }

    /// Splits at the first `=` that is not escaped.
    private static func split(
        _ argument: String, _ option: String
    ) throws(SettingsError) -> (key: String, value: String, appends: Bool) {
        var isEscaped = false
        for index in argument.indices {
            let character = argument[index]
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "=" {
                var key = argument[..<index]
                let appends = key.hasSuffix("+")
                if appends { key.removeLast() }
                return (String(key), String(argument[argument.index(after: index)...]), appends)
            }
        }
        // The argument may be a secret that was given in the wrong place: only its beginning is shown.
        throw .malformed(argument: "\(option) \(argument.prefix(20))", reason: "wants key=value")
    }

    private static func path(
        _ key: String, _ option: String, _ argument: String
    ) throws(SettingsError) -> SettingPath {
        do throws(SettingPath.PathProblem) {
            return try SettingPath(parsing: key)
        } catch {
            throw .malformed(argument: "\(option) \(key)", reason: error.description)
        }
    }

    /// Splits at commas; `\,` is a comma.
    private static func elements(_ text: String) -> [String] {
        guard !text.isEmpty else { return [] }
        var elements = [""]
        var isEscaped = false
        for character in text {
            if isEscaped {
                elements[elements.count - 1] += character == "," ? "," : "\\\(character)"
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                elements.append("")
            } else {
                elements[elements.count - 1].append(character)
            }
        }
        if isEscaped { elements[elements.count - 1] += "\\" }
        return elements
    }
}
