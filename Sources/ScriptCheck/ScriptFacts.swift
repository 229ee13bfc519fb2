internal import JSON

/// What stands in a script, as far as a check asks: read out of its syntax tree.
struct ScriptFacts {
    /// A name or a text, and where it stands.
    struct Place {
        let text: String
        let line: Int
        let column: Int
    }

    /// Functions that the top level declares or assigns.
    let functions: [Place]
    /// Names that occur other than where they are declared.
    let references: Set<String>
    /// Names that the script assigns or puts on `this`, without a declaration.
    let assigned: Set<String>
    /// Calls of members of names that are declared nowhere, and of such names alone, as paths.
    let calls: [Place]
    /// Undeclared names that the script asks about before it uses them (`typeof x`, `vendor.x &&`), as paths.
    let guarded: Set<String>
    /// Texts that stand as a cron expression in `jobs.schedule`.
    let crons: [Place]
    /// Texts that stand as a filter: in `kfl.match`, in `kfl.validate`, as `onItemCaptured.filter`.
    let filters: [Place]

    init(_ value: JSONValue) {
        func places(_ key: String) -> [Place] {
            (value[key]?.array ?? []).compactMap { element in
                guard let text = element["text"]?.string, let line = element["line"]?.integer,
                    let column = element["column"]?.integer
                else { return nil }
                return Place(text: text, line: Int(line), column: Int(column))
            }
        }
        func names(_ key: String) -> Set<String> { Set((value[key]?.array ?? []).compactMap(\.string)) }
        functions = places("functions")
        references = names("references")
        assigned = names("assigned")
        calls = places("calls")
        guarded = names("guarded")
        crons = places("crons")
        filters = places("filters")
    }

    /// The question to the syntax tree.
    static let question = "(function (acorn) {\n\"use strict\";\n" + tree + visits + "\n})"

    private static let tree = #"""
        const functionTypes = { FunctionDeclaration: 1, FunctionExpression: 1, ArrowFunctionExpression: 1 };
        function parse(source) {
            const options = { sourceType: "script", locations: true, allowHashBang: true };
            try {
                return acorn.parse(source, Object.assign({ ecmaVersion: 5 }, options));
            } catch (error) {
                return acorn.parse(source, Object.assign({ ecmaVersion: "latest" }, options));
            }
        }
        function children(node, visit) {
            for (const key of Object.keys(node)) {
                const value = node[key];
                if (Array.isArray(value)) value.forEach(child => { if (child && child.type) visit(child, key); });
                else if (value && typeof value.type === "string") visit(value, key);
            }
        }
        function patternNames(node, out) {
            if (!node) return;
            if (node.type === "Identifier") out.add(node.name);
            else children(node, child => patternNames(child, out));
        }
        // The names that a function declares; blocks count for their function.
        function declared(scope) {
            const out = new Set();
            (scope.params || []).forEach(p => patternNames(p, out));
            if (scope.type === "FunctionExpression" && scope.id) out.add(scope.id.name);
            children(scope, function visit(node) {
                if (node.type === "VariableDeclarator") patternNames(node.id, out);
                if ((node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") && node.id) out.add(node.id.name);
                if (node.type === "CatchClause" && node.param) patternNames(node.param, out);
                if (!functionTypes[node.type]) children(node, visit);
            });
            return out;
        }
        function place(node, text) {
            return { text, line: node.loc.start.line, column: node.loc.start.column + 1 };
        }
        // `vendor.s3.put` or `vendor["s3"].put` as a path; null for anything else.
        function pathOf(node) {
            if (node.type === "Identifier") return { root: node.name, path: node.name, start: node };
            if (node.type === "ChainExpression") return pathOf(node.expression);
            if (node.type !== "MemberExpression") return null;
            const owner = pathOf(node.object);
            if (owner === null) return null;
            const name = !node.computed ? node.property.name
                : node.property.type === "Literal" && typeof node.property.value === "string" ? node.property.value : null;
            return name === null ? null : { root: owner.root, path: owner.path + "." + name, start: owner.start };
        }

        """#

    private static let visits = #"""
        return function (source) {
            const facts = { functions: [], references: new Set(), assigned: new Set(), calls: [], guarded: new Set(),
                crons: [], filters: [] };
            let tree;
            try { tree = parse(source); } catch (error) { return "{}"; }

            function isFunction(node) { return !!node && functionTypes[node.type] === 1; }
            for (const node of tree.body) {
                if (node.type === "FunctionDeclaration") facts.functions.push(place(node.id, node.id.name));
                if (node.type === "VariableDeclaration") for (const d of node.declarations)
                    if (d.id.type === "Identifier" && isFunction(d.init)) facts.functions.push(place(d.id, d.id.name));
                const assignment = node.type === "ExpressionStatement" && node.expression;
                if (assignment && assignment.type === "AssignmentExpression" && isFunction(assignment.right)
                    && assignment.left.type === "Identifier")
                    facts.functions.push(place(assignment.left, assignment.left.name));
            }

            (function walk(scope, chain) {
                const inner = [declared(scope), chain];
                function isDeclared(name) {
                    for (let c = inner; c; c = c[1]) if (c[0].has(name)) return true;
                    return false;
                }
                function guard(node) {
                    const path = pathOf(node);
                    if (path && !isDeclared(path.root)) facts.guarded.add(path.path);
                }
                children(scope, function (child, key) { if (key !== "id") visit(child); });
                function visit(node) {
                    switch (node.type) {
                        case "Identifier": facts.references.add(node.name); break;
                        case "UnaryExpression": if (node.operator === "typeof" || node.operator === "!") guard(node.argument); break;
                        case "IfStatement": case "ConditionalExpression": guard(node.test); break;
                        case "LogicalExpression": guard(node.left); break;
                        case "AssignmentExpression": assignment(node); break;
                        case "CallExpression": case "NewExpression": call(node); break;
                    }
                    if (functionTypes[node.type]) {
                        walk(node, inner);
                    } else {
                        children(node, function (child, key) {
                            // Where a name is declared, and the name of a member, are no references to it.
                            if (node.type === "MemberExpression" && key === "property" && !node.computed) return;
                            if (node.type === "Property" && key === "key" && !node.computed) return;
                            if (node.type === "VariableDeclarator" && key === "id" && child.type === "Identifier") return;
                            if (node.type === "AssignmentExpression" && key === "left" && child.type === "Identifier") return;
                            visit(child);
                        });
                    }
                }
                function assignment(node) {
                    const left = node.left;
                    const path = pathOf(left);
                    if (path && path.path === "onItemCaptured.filter") text(node.right, facts.filters);
                    if (left.type === "Identifier" && !isDeclared(left.name)) facts.assigned.add(left.name);
                    if (left.type === "MemberExpression" && left.object.type === "ThisExpression" && !left.computed)
                        facts.assigned.add(left.property.name);
                }
                function call(node) {
                    const callee = pathOf(node.callee);
                    if (callee === null || isDeclared(callee.root)) return;
                    facts.calls.push(place(callee.start, callee.path));
                    if (callee.path === "jobs.schedule") text(node.arguments[1], facts.crons);
                    if (callee.path === "kfl.match") node.arguments.slice(0, 2).forEach(a => text(a, facts.filters));
                    if (callee.path === "kfl.validate") text(node.arguments[0], facts.filters);
                }
                function text(node, out) {
                    if (node && node.type === "Literal" && typeof node.value === "string") out.push(place(node, node.value));
                }
            })(tree, null);
            return JSON.stringify(facts, (key, value) => value instanceof Set ? [...value] : value);
        };
        """#
}
