internal import CJavaScriptCore
internal import JSON

/// Values between JavaScript and Swift.
extension JavaScriptVM {
    var undefined: JSValueRef { JSValueMakeUndefined(context) }
    var null: JSValueRef { JSValueMakeNull(context) }

    func make(_ value: Bool) -> JSValueRef { JSValueMakeBoolean(context, value) }

    func make(_ value: Double) -> JSValueRef { JSValueMakeNumber(context, value) }

    func make(_ value: Int) -> JSValueRef { JSValueMakeNumber(context, Double(value)) }

    func make(_ text: String) -> JSValueRef {
        JavaScriptString.with(text) { JSValueMakeString(context, $0) }
    }

    /// The value of a JSON text; nil if it is none.
    func make(json bytes: [UInt8]) -> JSValueRef? {
        bytes.withUnsafeBufferPointer { bytes in
            JavaScriptString.with(bytes) { JSValueMakeFromJSONString(context, $0) }
        }
    }

    func make(_ value: JSONValue) -> JSValueRef {
        switch value {
        case .null: null
        case .boolean(let value): make(value)
        case .integer(let value): make(Double(value))
        case .double(let value): make(value)
        case .string(let value): make(value)
        case .array, .object: make(json: value.encoded()) ?? undefined
        }
    }

    /// An instance of `Error`; nil while the VM is being stopped, when nothing new can be made.
    func makeError(_ message: String) -> JSObjectRef? {
        withUnsafeTemporaryAllocation(of: JSValueRef?.self, capacity: 1) { list in
            list.initialize(repeating: make(message))
            return JSObjectMakeError(context, 1, list.baseAddress, nil)
        }
    }

    func set(_ name: String, of object: JSObjectRef, to value: JSValueRef) {
        JavaScriptString.with(name) {
            JSObjectSetProperty(context, object, $0, value, JSPropertyAttributes(kJSPropertyAttributeNone), nil)
        }
    }

    func member(_ name: String, of object: JSObjectRef) -> JSValueRef? {
        JavaScriptString.with(name) { JSObjectGetProperty(context, object, $0, nil) }
    }

    func isUndefined(_ value: JSValueRef) -> Bool { JSValueIsUndefined(context, value) }

    func number(_ value: JSValueRef) -> Double { JSValueToNumber(context, value, nil) }

    func boolean(_ value: JSValueRef) -> Bool { JSValueToBoolean(context, value) }

    /// `String(value)`; empty where that throws.
    func text(_ value: JSValueRef) -> String {
        guard let string = JSValueToStringCopy(context, value, nil) else { return "" }
        defer { JSStringRelease(string) }
        return JavaScriptString.text(string)
    }

    /// What `JSON.stringify` says of a value: nil for functions and undefined; throws for cyclic ones.
    func json(_ value: JSValueRef) throws(JavaScriptException) -> String? {
        var exception: JSValueRef?
        let string = JSValueCreateJSONString(context, value, 0, &exception)
        if let exception { throw JavaScriptException(exception) }
        guard let string else { return nil }
        defer { JSStringRelease(string) }
        return JavaScriptString.text(string)
    }

    private func copyStructure(_ value: JSValueRef) throws -> ScriptValue {
        let text: String?
        do {
            text = try json(value)
        } catch {
            // What was thrown stays on this stack: inside an `any Error` the collector would not find it.
            throw HelperError("the value cannot be copied: \(self.text(error.value))")
        }
        guard let text else { return .undefined }
        return .json(try JSONValue(parsing: text))
    }

    /// A copy of a value as a host function gets it: functions are undefined, objects what `JSON.stringify` makes.
    func copy(_ value: JSValueRef) throws -> ScriptValue {
        switch JSValueGetType(context, value) {
        case kJSTypeUndefined: return .undefined
        case kJSTypeNull: return .json(.null)
        case kJSTypeBoolean: return .json(.boolean(boolean(value)))
        case kJSTypeNumber: return .json(JSONValue(number: number(value)))
        case kJSTypeString: return .json(.string(text(value)))
        default:
            return try copyStructure(value)
        }
    }
}

extension JSONValue {
    /// A JavaScript number: an integer where it is one that a double holds exactly.
    init(number: Double) {
        let exactIntegers = 9_007_199_254_740_992.0
        if abs(number) <= exactIntegers, let integer = Int64(exactly: number) {
            self = .integer(integer)
        } else {
            self = .double(number)
        }
    }
}
