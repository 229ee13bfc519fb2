internal import CJavaScriptCore
internal import JSON

/// The functions by which the engine calls into a VM; see ``Glue``.
struct GlueEntries {
    let call: JSObjectRef
    let query: JSObjectRef
    let hooks: JSObjectRef
    let run: JSObjectRef
    let describe: JSObjectRef
    let setEnvironment: JSObjectRef
    let setPrivateNames: JSObjectRef
    let addHelper: JSObjectRef
    let kit: JSObjectRef
    let seal: JSObjectRef
    let runTimer: JSObjectRef
    let runJob: JSObjectRef
    let runPackets: JSObjectRef
    let flushPackets: JSObjectRef
    let runItems: JSObjectRef
    let adopt: JSObjectRef
    let publish: JSObjectRef
    let callExported: JSObjectRef
    let spin: JSObjectRef

    /// Evaluates the glue with `host`, an object of host functions that may still be filled.
    init(_ vm: JavaScriptVM, host: JSObjectRef) throws(JavaScriptException) {
        let setUp = try vm.evaluate(Glue.source, name: Glue.name)
        let names = JSONValue.array(ScriptHook.allCases.map { .string($0.rawValue) })
        let entries = try vm.call(setUp, host, vm.make(names))
        func entry(_ name: String) -> JSObjectRef { vm.keep(vm.member(name, of: entries) ?? vm.undefined) }
        call = entry("call")
        query = entry("query")
        hooks = entry("hooks")
        run = entry("run")
        describe = entry("describe")
        setEnvironment = entry("setEnvironment")
        setPrivateNames = entry("setPrivateNames")
        addHelper = entry("addHelper")
        kit = entry("kit")
        seal = entry("seal")
        runTimer = entry("runTimer")
        runJob = entry("runJob")
        runPackets = entry("runPackets")
        flushPackets = entry("flushPackets")
        runItems = entry("runItems")
        adopt = entry("adopt")
        publish = entry("publish")
        callExported = entry("callExported")
        spin = entry("spin")
    }
}
