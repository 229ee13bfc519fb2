internal import CJavaScriptCore
internal import JSON

/// One JavaScript virtual machine with one global object, used by one thread at a time.
///
/// Rules that the collector dictates to everything that holds a `JSValueRef`:
/// - it finds references in registers and on the stack of the thread that runs it, and nowhere else. A value may live
///   in local variables and parameters of synchronous functions; an array, a class or an async frame loses it;
/// - what lives longer is ``keep(_:)``-ed, which lasts as long as the VM;
/// - argument lists are temporary allocations below 1 KB, which Swift puts on the stack.
///
/// Not Sendable, on purpose: the compiler keeps it and all references inside the class that owns it.
final class JavaScriptVM {
    let group: JSContextGroupRef
    let context: JSGlobalContextRef
    /// What the VM's host functions point to; it lives as long as they may be called.
    private var bindings: [HostBinding] = []

    init() {
        ProcessOptions().applyOnce()
        group = JSContextGroupCreate()
        context = JSGlobalContextCreateInGroup(group, nil)
        // Text that becomes code would pass by every check made on the source.
        JavaScriptString.with("scripts cannot make code from text") {
            JSGlobalContextSetEvalEnabled(context, false, $0)
        }
    }

    deinit {
        JSGlobalContextRelease(context)
        JSContextGroupRelease(group)
    }

    /// Whether `source` parses as a program; throws what is wrong with it.
    func checkSyntax(_ source: String, name: String) throws(JavaScriptException) {
        var exception: JSValueRef?
        _ = JavaScriptString.with(source) { source in
            JavaScriptString.with(name) { name in
                JSCheckScriptSyntax(context, source, name, 1, &exception)
            }
        }
        if let exception { throw JavaScriptException(exception) }
    }

    /// Runs a program; its first line is line 1 of `name`.
    func evaluate(_ source: String, name: String) throws(JavaScriptException) -> JSValueRef {
        var exception: JSValueRef?
        let value = JavaScriptString.with(source) { source in
            JavaScriptString.with(name) { name in
                JSEvaluateScript(context, source, nil, name, 1, &exception)
            }
        }
        if let exception { throw JavaScriptException(exception) }
        return value ?? undefined
    }

    /// Calls a function with the arguments up to the first nil; `this` is the global object or, in strict code,
    /// undefined.
    func call(
        _ function: JSObjectRef, _ a: JSValueRef? = nil, _ b: JSValueRef? = nil, _ c: JSValueRef? = nil,
        _ d: JSValueRef? = nil, _ e: JSValueRef? = nil
    ) throws(JavaScriptException) -> JSValueRef {
        var exception: JSValueRef?
        let value = withUnsafeTemporaryAllocation(of: JSValueRef?.self, capacity: 5) { list in
            _ = list.initialize(fromContentsOf: CollectionOfFive(a, b, c, d, e))
            let count = list.firstIndex { $0 == nil } ?? 5
            return JSObjectCallAsFunction(context, function, nil, count, list.baseAddress, &exception)
        }
        if let exception { throw JavaScriptException(exception) }
        return value ?? undefined
    }

    /// Protects a value from the collector until the VM ends.
    func keep(_ value: JSValueRef) -> JSValueRef {
        JSValueProtect(context, value)
        return value
    }

    /// Makes a function that runs `body`, for as long as the VM lives.
    func function(_ body: @escaping HostBinding.Body) -> JSObjectRef {
        let binding = HostBinding(vm: self, body: body)
        bindings.append(binding)
        return JSObjectMake(context, HostBinding.functionClass, Unmanaged.passUnretained(binding).toOpaque())
    }

    /// Collects garbage now.
    func collectGarbage() { JSSynchronousGarbageCollectForDebugging(context) }

    /// The bytes that the heap holds, garbage that was not yet collected included. Takes up to 10 ms with 400,000
    /// objects.
    func heapBytes() -> Int {
        guard let statistics = JSGetMemoryUsageStatistics(context) else { return 0 }
        return max(
            number(member("heapSize", of: statistics)) ?? 0, number(member("heapCapacity", of: statistics)) ?? 0)
    }

    private func number(_ value: JSValueRef?) -> Int? {
        guard let value else { return nil }
        return Int(exactly: JSValueToNumber(context, value, nil).rounded())
    }
}

/// The arguments of a call as a collection without heap memory, so that they never leave the stack.
private struct CollectionOfFive: Collection {
    private let values: (JSValueRef?, JSValueRef?, JSValueRef?, JSValueRef?, JSValueRef?)

    init(_ a: JSValueRef?, _ b: JSValueRef?, _ c: JSValueRef?, _ d: JSValueRef?, _ e: JSValueRef?) {
        values = (a, b, c, d, e)
    }

    var startIndex: Int { 0 }
    var endIndex: Int { 5 }
    func index(after index: Int) -> Int { index + 1 }
    subscript(index: Int) -> JSValueRef? {
        switch index {
        case 0: values.0
        case 1: values.1
        case 2: values.2
        case 3: values.3
        default: values.4
        }
    }
}

/// A value that JavaScript threw. It holds a reference for the collector to find, so it must be looked at on the spot.
struct JavaScriptException: Error, @unchecked Sendable {
    // Sendable: every Swift error must be, but this one is thrown by type and caught by the next frame of the same
    // thread, never stored.
    let value: JSValueRef

    init(_ value: JSValueRef) { self.value = value }
}
