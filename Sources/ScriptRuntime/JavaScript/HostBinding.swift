internal import CJavaScriptCore

/// What a JavaScript function that runs Swift code points to.
final class HostBinding {
    /// Arguments in, a value out, or any error, which JavaScript sees as a thrown `Error`.
    typealias Body = (HostArguments) throws -> JSValueRef?

    // Unowned: the VM owns its bindings and calls none of them once it ends.
    private unowned let vm: JavaScriptVM
    private let body: Body

    init(vm: JavaScriptVM, body: @escaping Body) {
        self.vm = vm
        self.body = body
    }

    /// The class of all host functions; the private data of each is its binding.
    ///
    /// nonisolated(unsafe): made once, under the lock of Swift's static initialisers, and constant from then on.
    nonisolated(unsafe) static let functionClass: JSClassRef = {
        var definition = kJSClassDefinitionEmpty
        definition.callAsFunction = { _, function, _, count, arguments, exception in
            guard let pointer = JSObjectGetPrivate(function) else { return nil }
            let binding = Unmanaged<HostBinding>.fromOpaque(pointer).takeUnretainedValue()
            return binding.run(UnsafeBufferPointer(start: arguments, count: count), exception)
        }
        return JSClassCreate(&definition)
    }()

    private func run(
        _ arguments: UnsafeBufferPointer<JSValueRef?>, _ exception: UnsafeMutablePointer<JSValueRef?>?
    ) -> JSValueRef? {
        do {
            return try body(HostArguments(vm: vm, values: arguments)) ?? vm.undefined
        } catch {
            exception?.pointee = thrownValue(for: error)
            return vm.undefined
        }
    }

    private func thrownValue(for error: any Error) -> JSValueRef {
        guard let error = error as? HelperError else { return vm.makeError("\(error)") ?? vm.make("\(error)") }
        guard let object = vm.makeError(error.message) else { return vm.make(error.message) }
        if error.name != HelperError.defaultName { vm.set("name", of: object, to: vm.make(error.name)) }
        if let code = error.code { vm.set("code", of: object, to: vm.make(code)) }
        if let status = error.status { vm.set("status", of: object, to: vm.make(status)) }
        if let body = error.body { vm.set("body", of: object, to: vm.make(body)) }
        return object
    }
}

/// The arguments of one call from JavaScript; valid only during that call.
struct HostArguments {
    let vm: JavaScriptVM
    let values: UnsafeBufferPointer<JSValueRef?>

    var count: Int { values.count }

    /// An argument, undefined where there is none.
    subscript(index: Int) -> JSValueRef {
        guard index < values.count, let value = values[index] else { return vm.undefined }
        return value
    }

    func text(_ index: Int) -> String { vm.text(self[index]) }
    func number(_ index: Int) -> Double { vm.number(self[index]) }
    func boolean(_ index: Int) -> Bool { vm.boolean(self[index]) }
}
