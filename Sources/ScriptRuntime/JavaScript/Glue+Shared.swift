extension Glue {
    /// Names on `this` that all scripts see.
    ///
    /// The global object is an ordinary one, because an intercepted one makes every use of `Math` or `JSON` twenty times
    /// as slow. What a call put on it is found when the call ends (`publish`): it moves to the engine's store, and an
    /// accessor takes its place. Names of other scripts appear as accessors when a call begins (`adopt`).
    static let shared = """
        const privateNames = create(null), adopted = create(null);
        const handles = new WeakMapOf(), views = new MapOf(), exported = new MapOf();
        let exportCount = 0;

        function sharedFunction(f) {
            const known = handles.get(f);
            if (known !== undefined) return known;
            exportCount++;
            exported.set(exportCount, f);
            const handle = host.functionNew(exportCount, nameOf(f));
            handles.set(f, handle);
            return handle;
        }
        // What the store keeps of a value: itself, or a handle. Objects are copied into the store, once each.
        function encode(value, copies) {
            if (typeof value === "function") return sharedFunction(value);
            if (typeof value !== "object" || value === null) return value;
            const known = handles.get(value) || copies.get(value);
            if (known !== undefined) return known;
            if (typeof value.toJSON === "function") return encode(value.toJSON(), copies);
            const handle = host.nodeNew(isArray(value));
            copies.set(value, handle);
            const names = keysOf(value);
            for (let i = 0; i < names.length; i++) host.nodeSet(handle, names[i], encode(value[names[i]], copies));
            return handle;
        }
        function decode(value) {
            if (typeof value !== "object" || value === null) return value;
            const id = host.handleID(value);
            const view = views.get(id);
            const known = view && view.deref();
            return known === undefined ? makeView(value, id) : known;
        }
        function makeView(handle, id) {
            const kind = host.handleKind(handle);
            if (kind > 0) return exported.get(kind);
            const view = kind === 0 ? new ProxyOf({}, objectHandler(handle))
                : kind === -1 ? new ProxyOf([], objectHandler(handle))
                : function () { return parseResult(host.functionCall(handle, argumentsText(arguments))); };
            handles.set(view, handle);
            if (views.size > 1000) views.forEach((old, key) => { if (old.deref() === undefined) views.delete(key); });
            views.set(id, new WeakRefOf(view));
            return view;
        }
        function argumentsText(values) {
            const out = [];
            for (let i = 0; i < values.length; i++) defineProperty(out, i, { value: values[i], enumerable: true });
            return stringify(out);
        }
        function parseResult(text) { return text === undefined ? undefined : parse(text); }

        function objectHandler(handle) {
            const isList = host.handleKind(handle) === -1;
            return {
                get(target, key) {
                    if (typeof key !== "string" || !host.nodeHas(handle, key)) return target[key];
                    return decode(host.nodeGet(handle, key));
                },
                set(target, key, value) {
                    host.nodeSet(handle, toText(key), encode(value, new MapOf()));
                    return true;
                },
                has(target, key) { return typeof key === "string" && host.nodeHas(handle, key) || key in target; },
                deleteProperty(target, key) {
                    host.nodeDelete(handle, toText(key));
                    return true;
                },
                ownKeys() {
                    const names = parse(host.nodeKeys(handle));
                    if (isList) names[names.length] = "length";
                    return names;
                },
                getOwnPropertyDescriptor(target, key) {
                    if (typeof key !== "string" || !host.nodeHas(handle, key)) return undefined;
                    const isLength = isList && key === "length";
                    return { value: decode(host.nodeGet(handle, key)), writable: true,
                        enumerable: !isLength, configurable: !isLength };
                },
                defineProperty(target, key, description) {
                    host.nodeSet(handle, toText(key), encode(description.value, new MapOf()));
                    return true;
                },
            };
        }

        function adoptName(name) {
            adopted[name] = true;
            defineProperty(global, name, {
                get() { return decode(host.globalGet(name)); },
                set(value) { host.globalSet(name, encode(value, new MapOf())); },
                enumerable: false, configurable: true,
            });
        }
        // Takes up the names that came, and drops those that went, since the last call.
        function adopt(text) {
            const names = parse(text), current = create(null);
            for (let i = 0; i < names.length; i++) {
                const name = names[i];
                current[name] = true;
                if (!adopted[name] && !apply(hasOwn, global, [name])) adoptName(name);
            }
            for (const name of ownKeys(adopted)) {
                if (current[name]) continue;
                delete adopted[name];
                deleteProperty(global, name);
            }
        }
        // Moves what the last call put on the global object to the store.
        function publish() {
            for (const name of ownKeys(adopted)) {
                if (apply(hasOwn, global, [name])) continue;
                delete adopted[name];
                host.globalDelete(name);
            }
            const names = keysOf(global);
            for (let i = 0; i < names.length; i++) {
                const name = names[i];
                if (privateNames[name] || reserved[name]) continue;
                const value = global[name];
                deleteProperty(global, name);
                host.globalSet(name, encode(value, new MapOf()));
                adoptName(name);
            }
        }
        function callExported(number, text) {
            const f = exported.get(number), values = parse(text);
            const result = f.apply(global, values);
            return result === undefined ? undefined : stringify(result);
        }

        """

    /// What the engine calls, and the end of the set-up.
    static let entries = """
        let lookups = [];
        const decorators = [];
        function call(number, a, b, c, d) {
            const hook = lookups[number]();
            if (hook === undefined) return undefined;
            const decorate = decorators[number];
            if (decorate !== undefined) decorate(a, b, c, d);
            return d !== undefined ? hook.call(global, a, b, c, d) : c !== undefined ? hook.call(global, a, b, c)
                : b !== undefined ? hook.call(global, a, b) : hook.call(global, a);
        }
        function query(number, a, b) {
            const result = call(number, a, b);
            if (typeof result !== "object" || result === null) return undefined;
            const text = isArray(result) ? undefined : stringify(result);
            if (typeof text !== "string" || text[0] !== "{")
                throw new TypeErrorOf("onItemQueried returned an object that is no item");
            return text;
        }
        // The hooks that there are, as a number; if any has a filter, or redacts, a text with all of that.
        function hooks() {
            let set = 0, filters, redacts = false;
            for (let i = 0; i < lookups.length; i++) {
                const hook = lookups[i]();
                if (hook === undefined) continue;
                set |= 1 << i;
                const filter = hook.filter;
                if (typeof filter === "string") (filters = filters || create(null))[hookNames[i]] = filter;
                if (hookNames[i] === "onItemQueried" && hook.redacts === true) redacts = true;
            }
            return filters === undefined && !redacts ? set : stringify({ set, filters, redacts });
        }
        function run(script) { lookups = apply(script, global, []); }
        function setEnvironment(text) {
            const env = parse(text);
            defineHidden(global, "env", env, false);
            reserved.env = true;
            for (const name of keysOf(env)) {
                if (reserved[name] || apply(hasOwn, global, [name])) continue;
                defineHidden(global, name, env[name], false);
            }
        }
        function setPrivateNames(text) {
            for (const name of parse(text)) privateNames[name] = true;
        }
        function decorate(hook, f) {
            const number = hookNames.indexOf(hook);
            if (number < 0) throw new TypeErrorOf(hook + " is no hook");
            const first = decorators[number];
            decorators[number] = first === undefined ? f : function (a, b, c, d) { first(a, b, c, d); f(a, b, c, d); };
        }
        const helpers = create(null);
        function addHelper(path, hostFunction) {
            helpers[path] = dress(hostFunction, path);
            define(path, helpers[path]);
        }
        const kit = { define, decorate, host(path) { return helpers[path]; } };

        // One native step that makes a text of gigabytes cannot be interrupted, so it must not begin.
        const longestText = 1 << 26;
        function guard(prototype, name, lengthOf) {
            const original = prototype[name];
            defineHidden(prototype, name, function () {
                if (lengthOf(this, arguments) > longestText)
                    throw new RangeErrorOf(name + " would make a text of more than " + longestText + " characters");
                return apply(original, this, arguments);
            });
        }
        // What ES5 and the scripts written for it know; all else goes, above all promises: what they run, no limit stops.
        const kept = ("NaN undefined Infinity isNaN isFinite escape unescape decodeURI decodeURIComponent encodeURI "
            + "encodeURIComponent eval parseInt parseFloat EvalError RangeError ReferenceError SyntaxError TypeError "
            + "URIError JSON Math Date Error Boolean Number Object Function Array RegExp String").split(" ");
        function seal() {
            guard(Array.prototype, "join", (list, values) =>
                list.length * (values[0] === undefined ? 1 : toText(values[0]).length));
            guard(String.prototype, "repeat", (text, values) => toText(text).length * toNumber(values[0]));
            guard(String.prototype, "padStart", (text, values) => toNumber(values[0]));
            guard(String.prototype, "padEnd", (text, values) => toNumber(values[0]));
            const keep = create(null);
            for (const name of kept) keep[name] = true;
            for (const name of ownKeys(Promise.prototype)) deleteProperty(Promise.prototype, name);
            for (const name of ownKeys(global)) if (!keep[name] && !reserved[name]) deleteProperty(global, name);
            deleteProperty(Array, "fromAsync");
            deleteProperty(Object, "getOwnPropertySymbols");
        }
        // Looks at everything that the engine asks of running code, and does nothing.
        function spin() { for (let i = 0; i < 100; i++); }
        return { call, query, hooks, run, describe, setEnvironment, setPrivateNames, addHelper, kit, seal, runTimer,
            runJob, runPackets, flushPackets, runItems, adopt, publish, callExported, spin, Numbers: numbersOf };
        """
}
