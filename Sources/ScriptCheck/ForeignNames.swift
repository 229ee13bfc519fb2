/// Names that other JavaScript environments have, and what scripts use instead.
enum ForeignNames {
    /// What to use instead; empty where there is nothing.
    static let instead: [String: String] = [
        "require": "a script is one file; share functions with other scripts by this.name = …",
        "fetch": "use vendor.webhook or vendor.request",
        "XMLHttpRequest": "use vendor.webhook or vendor.request",
        "setImmediate": "use setTimeout(f, 0)",
        "Promise": "helpers wait for their results by themselves",
        "alert": "use console.log", "print": "use console.log",
        "Map": "use an object", "Set": "use an object", "WeakMap": "use an object", "WeakSet": "use an object",
        "Symbol": "", "Proxy": "", "Reflect": "", "BigInt": "", "Buffer": "", "Intl": "", "queueMicrotask": "",
        "process": "environment values are in env", "window": "", "document": "", "module": "",
        "globalThis": "use this at the top level", "structuredClone": "use JSON.parse(JSON.stringify(x))",
    ]

    /// What ES5 has and scripts can call.
    static let builtIns: Set<String> = [
        "isNaN", "isFinite", "escape", "unescape", "decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent",
        "eval", "parseInt", "parseFloat", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError",
        "URIError", "JSON", "Math", "Date", "Error", "Boolean", "Number", "Object", "Function", "Array", "RegExp",
        "String", "arguments", "env",
    ]
}
