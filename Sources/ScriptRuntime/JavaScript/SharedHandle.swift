internal import CJavaScriptCore

/// What a script's VM holds of a shared object, array or function: an opaque object that keeps it alive.
final class SharedHandle: Sendable {
    let value: SharedValue

    private init(_ value: SharedValue) { self.value = value }

    /// The class of handles; the private data of each is retained and released when the collector finds it gone,
    /// on whatever thread that happens.
    ///
    /// nonisolated(unsafe): made once, under the lock of Swift's static initialisers, and constant from then on.
    nonisolated(unsafe) private static let handleClass: JSClassRef = {
        var definition = kJSClassDefinitionEmpty
        definition.finalize = { object in
            guard let pointer = JSObjectGetPrivate(object) else { return }
            Unmanaged<SharedHandle>.fromOpaque(pointer).release()
        }
        return JSClassCreate(&definition)
    }()

    /// Makes the JavaScript side of a shared value: itself if it is primitive, else a handle.
    static func make(_ value: SharedValue, in vm: JavaScriptVM) -> JSValueRef {
        switch value {
        case .undefined: vm.undefined
        case .null: vm.null
        case .boolean(let value): vm.make(value)
        case .number(let value): vm.make(value)
        case .text(let value): vm.make(value)
        case .node, .function:
            JSObjectMake(vm.context, handleClass, Unmanaged.passRetained(SharedHandle(value)).toOpaque())
        }
    }

    /// The shared value of what a script hands over: a primitive value or a handle.
    static func value(_ value: JSValueRef, in vm: JavaScriptVM) -> SharedValue {
        switch JSValueGetType(vm.context, value) {
        case kJSTypeNull: return .null
        case kJSTypeBoolean: return .boolean(vm.boolean(value))
        case kJSTypeNumber: return .number(vm.number(value))
        case kJSTypeString: return .text(vm.text(value))
        case kJSTypeObject:
            guard JSValueIsObjectOfClass(vm.context, value, handleClass), let pointer = JSObjectGetPrivate(value) else {
                return .undefined
            }
            return Unmanaged<SharedHandle>.fromOpaque(pointer).takeUnretainedValue().value
        default: return .undefined
        }
    }
}
