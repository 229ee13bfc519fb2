/// The JavaScript that stands between a script and the engine, evaluated in every VM before the script.
///
/// It is one function that takes the engine's host functions and returns the entry points by which the engine calls
/// the script. It takes hold of every built-in that it uses before a script can change it, and removes those that ES5
/// does not know. It may use newer syntax itself. A script that tampers with what it shares with the glue (prototypes,
/// for example) harms only itself: its VM has no other user.
enum Glue {
    /// The name in stack traces by which its frames are told from the user's.
    static let name = "remora:glue"

    static let source =
        "(function (host, hookNames) {\n\"use strict\";\n" + core + console + schedules + shared + packets
        + items + entries + "\n})"

    /// Opens the function in which a script runs. It stands on the script's first line, so that lines keep their
    /// numbers; columns of that line are corrected by its length.
    static let scriptPrefix = "(function(){"

    /// Closes it, and lets the engine look hooks up by name in the script's own scope at each call.
    static let scriptSuffix: String = {
        let lookups = ScriptHook.allCases.map {
            "function(){return typeof \($0.rawValue)===\"function\"?\($0.rawValue):void 0}"
        }
        return "\n;return[\(lookups.joined(separator: ","))]})"
    }()

    private static let core = """
        const global = globalThis, ErrorOf = Error, TypeErrorOf = TypeError, RangeErrorOf = RangeError;
        const { apply, ownKeys, defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect;
        const { keys: keysOf, create } = Object, isArray = Array.isArray;
        const hasOwn = Object.prototype.hasOwnProperty, toText = String, toNumber = Number;
        const { stringify, parse } = JSON, ProxyOf = Proxy, DateOf = Date;
        const MapOf = Map, WeakMapOf = WeakMap, WeakRefOf = WeakRef;
        const numbersOf = Float64Array;

        const reserved = create(null);
        for (const name of hookNames) reserved[name] = true;

        function defineHidden(target, name, value, isFixed) {
            defineProperty(target, name, { value, writable: !isFixed, enumerable: false, configurable: !isFixed });
        }

        // A helper: `define("vendor.webhook", f)` makes the object `vendor` where there is none.
        function define(path, value) {
            const dot = path.indexOf(".");
            const first = dot < 0 ? path : path.slice(0, dot);
            reserved[first] = true;
            if (dot < 0) return defineHidden(global, path, value, true);
            const rest = path.slice(dot + 1);
            let owner = global;
            const names = path.split(".");
            for (let i = 0; i < names.length - 1; i++) {
                if (!apply(hasOwn, owner, [names[i]])) {
                    if (owner === global) defineHidden(global, names[i], {}, true);
                    else defineProperty(owner, names[i], { value: {}, enumerable: true });
                }
                owner = owner[names[i]];
            }
            defineProperty(owner, names[names.length - 1], { value, enumerable: true });
        }

        // Makes a host function one that scripts may `call` and `apply` like any other.
        function dress(hostFunction, path) {
            Object.setPrototypeOf(hostFunction, Function.prototype);
            defineProperty(hostFunction, "name", { value: path });
            return hostFunction;
        }

        """

    private static let console = """
        function nameOf(f) {
            const name = getOwnPropertyDescriptor(f, "name");
            return name && typeof name.value === "string" && name.value || "anonymous";
        }
        function errorText(e) {
            const name = e.name === undefined ? "Error" : toText(e.name);
            const message = e.message === undefined ? "" : toText(e.message);
            return message === "" ? name : name === "" ? message : name + ": " + message;
        }
        function structureText(value) {
            if (value instanceof ErrorOf) return errorText(value);
            const path = create(null);
            let depth = 0;
            const out = stringify(value, function (key, inner) {
                if (typeof inner === "function") return "[function " + nameOf(inner) + "]";
                if (typeof inner !== "object" || inner === null) return inner;
                while (depth > 0 && path[depth - 1] !== this) depth--;
                for (let i = 0; i < depth; i++) if (path[i] === inner) return "[Circular]";
                path[depth++] = inner;
                return inner instanceof ErrorOf ? errorText(inner) : inner;
            });
            return out === undefined ? "undefined" : out;
        }
        function textOf(value) {
            try {
                switch (typeof value) {
                    case "string": return value;
                    case "function": return "[function " + nameOf(value) + "]";
                    case "object": return value === null ? "null" : structureText(value);
                    default: return toText(value);
                }
            } catch (e) {
                return "[unprintable " + typeof value + "]";
            }
        }
        function joined(values) {
            let out = "";
            for (let i = 0; i < values.length; i++) out += (i === 0 ? "" : " ") + textOf(values[i]);
            return out;
        }
        const printers = {
            log() { host.print(0, joined(arguments)); }, error() { host.print(1, joined(arguments)); },
            clear() { host.print(2, ""); }, warn() { host.print(0, joined(arguments)); },
            info() { host.print(0, joined(arguments)); }, debug() { host.print(0, joined(arguments)); },
        };
        deleteProperty(global, "console");
        for (const name of keysOf(printers)) define("console." + name, printers[name]);

        function mark(name, member) {
            define("test." + name, function (data) {
                if (typeof data !== "object" || data === null)
                    throw new TypeErrorOf("test." + name + ": argument 1 (data) is not an object");
                data[member] = true;
                return data;
            });
        }
        mark("pass", "passed");
        mark("fail", "failed");

        // What was thrown, as the engine reports it. Never throws itself.
        function describe(thrown) {
            const out = { text: textOf(thrown), message: undefined, line: 0, column: 0, source: "", stack: "" };
            try {
                if (thrown instanceof ErrorOf) {
                    out.message = toText(thrown.message);
                    const line = thrown.line, column = thrown.column;
                    if (typeof line === "number") out.line = line;
                    if (typeof column === "number") out.column = column;
                    if (typeof thrown.sourceURL === "string") out.source = thrown.sourceURL;
                    if (typeof thrown.stack === "string") out.stack = thrown.stack;
                }
            } catch (e) {}
            return stringify(out);
        }

        """

    private static let schedules = """
        const timers = new MapOf(), tasks = new MapOf();
        function rest(values, from) {
            const out = [];
            for (let i = from; i < values.length; i++) defineProperty(out, i - from, { value: values[i] });
            return out;
        }
        function start(repeats) {
            return function (callback, milliseconds) {
                if (typeof callback !== "function") throw new TypeErrorOf("argument 1 (callback) is not a function");
                const id = host.timerStart(toNumber(milliseconds), repeats);
                timers.set(id, { callback, repeats, values: rest(arguments, 2) });
                return id;
            };
        }
        function stop(id) {
            if (timers.delete(id)) host.timerStop(id);
        }
        function runTimer(id) {
            const timer = timers.get(id);
            if (timer === undefined) return;
            if (!timer.repeats) timers.delete(id);
            timer.callback.apply(global, timer.values);
        }
        define("setTimeout", start(false));
        define("setInterval", start(true));
        define("clearTimeout", stop);
        define("clearInterval", stop);

        define("jobs.schedule", function (tag, cron, task, limit) {
            if (typeof task !== "function") throw new TypeErrorOf("jobs.schedule: argument 3 (task) is not a function");
            const key = host.jobSchedule(toText(tag), toText(cron), toNumber(limit));
            // Jobs that others removed are forgotten here; there are never many.
            tasks.forEach((_, old) => { if (!host.jobExists(old)) tasks.delete(old); });
            tasks.set(key, { task, values: rest(arguments, 4) });
        });
        define("jobs.remove", function (tag) { host.jobRemove(toText(tag)); });
        define("jobs.removeAll", function () { host.jobRemoveAll(); });
        define("jobs.list", function () { return parse(host.jobList()); });
        define("jobs.run", function (tag) { host.jobRun(toText(tag)); });
        define("jobs.runAll", function () { host.jobRunAll(); });
        define("jobs.scheduler.isRunning", function () { return host.schedulerIsRunning(); });
        define("jobs.scheduler.start", function () { host.schedulerStart(); });
        define("jobs.scheduler.stop", function () { host.schedulerStop(); });
        function runJob(key) {
            const job = tasks.get(key);
            if (job !== undefined) job.task.apply(global, job.values);
        }

        """
}
