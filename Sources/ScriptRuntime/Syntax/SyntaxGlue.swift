/// The JavaScript around the parser.
enum SyntaxGlue {
    /// Loads acorn, which wants to find `exports` and `module`, and gives its exports.
    static func loader(of text: String) -> String {
        "(function(){var exports={},module={exports:exports};\(text)\n;return module.exports})()"
    }

    /// `function (acorn)` that returns `function (source)` that returns the JSON of a report.
    static let source = "(function (acorn) {\n\"use strict\";\n" + constructs + scopes + check + "\n})"

    /// Names what a node is, if it is newer than ES5.
    private static let constructs = #"""
        const byType = {
            ArrowFunctionExpression: "arrow function", ClassDeclaration: "class", ClassExpression: "class",
            TemplateLiteral: "template literal", ForOfStatement: "for … of", SpreadElement: "spread",
            RestElement: "rest parameter", ObjectPattern: "destructuring", ArrayPattern: "destructuring",
            AssignmentPattern: "default value", YieldExpression: "generator", AwaitExpression: "await",
            ChainExpression: "optional chaining", MetaProperty: "new.target", ImportExpression: "dynamic import",
        };
        const operators = { "**": "exponentiation operator", "**=": "exponentiation operator",
            "??": "nullish coalescing", "??=": "logical assignment", "||=": "logical assignment",
            "&&=": "logical assignment" };
        function constructOf(node, source) {
            if (node.async) return "async function";
            if (node.generator) return "generator";
            if (byType[node.type]) return byType[node.type];
            if (operators[node.operator]) return operators[node.operator];
            switch (node.type) {
                case "VariableDeclaration": return node.kind === "var" ? null : node.kind;
                case "Property":
                    return node.computed ? "computed property" : node.shorthand ? "shorthand property"
                        : node.method ? "method shorthand" : null;
                case "CatchClause": return node.param ? null : "catch without a name";
                case "Literal": return literal(node, source);
                case "Identifier": return /\\u\{/.test(source.slice(node.start, node.end)) ? "\\u{…} escape" : null;
                default: return null;
            }
        }
        function literal(node, source) {
            const raw = source.slice(node.start, node.end);
            if (node.bigint) return "BigInt";
            if (node.regex) {
                if (/[^gim]/.test(node.regex.flags)) return "regular expression flag";
                return /\(\?<|\\p\{/.test(node.regex.pattern) ? "newer regular expression" : null;
            }
            if (typeof node.value === "number") {
                return /^0[bo]/i.test(raw) ? "binary or octal number" : /_/.test(raw) ? "number separator" : null;
            }
            return typeof node.value === "string" && /\\u\{/.test(raw) ? "\\u{…} escape" : null;
        }
        function children(node, visit) {
            for (const key of Object.keys(node)) {
                const value = node[key];
                if (Array.isArray(value)) value.forEach(child => { if (child && child.type) visit(child, key); });
                else if (value && typeof value.type === "string") visit(value, key);
            }
        }
        function findings(tree, source) {
            const found = new Map();
            (function visit(node) {
                const construct = constructOf(node, source);
                if (construct && !found.has(construct)) {
                    found.set(construct, { construct, line: node.loc.start.line, column: node.loc.start.column + 1 });
                }
                children(node, visit);
            })(tree);
            return [...found.values()].sort((a, b) => a.line - b.line || a.column - b.column);
        }

        """#

    /// Finds names that are assigned but declared nowhere around the assignment.
    private static let scopes = #"""
        const functions = { FunctionDeclaration: 1, FunctionExpression: 1, ArrowFunctionExpression: 1 };
        function patternNames(node, out) {
            if (!node) return;
            if (node.type === "Identifier") out.add(node.name);
            else children(node, child => patternNames(child, out));
        }
        // The names that a function declares: parameters, variables, functions; blocks count for their function.
        function declared(body, out) {
            children(body, function visit(node) {
                if (node.type === "VariableDeclarator") patternNames(node.id, out);
                if ((node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") && node.id) out.add(node.id.name);
                if (node.type === "CatchClause" && node.param) patternNames(node.param, out);
                if (!functions[node.type]) children(node, visit);
            });
        }
        function undeclared(tree) {
            const found = new Set(), shared = new Set();
            (function walk(scope, chain) {
                const names = new Set();
                if (scope.params) scope.params.forEach(p => patternNames(p, names));
                if (scope.type === "FunctionExpression" && scope.id) names.add(scope.id.name);
                declared(scope, names);
                const inner = [names, chain];
                children(scope, function visit(node) {
                    let target = node.type === "AssignmentExpression" ? node.left
                        : node.type === "UpdateExpression" ? node.argument
                        : node.type === "ForInStatement" || node.type === "ForOfStatement" ? node.left : null;
                    if (target && target.type === "Identifier") note(target.name, inner);
                    if (target && target.type === "MemberExpression" && target.object.type === "ThisExpression"
                        && !target.computed) shared.add(target.property.name);
                    if (functions[node.type]) walk(node, inner);
                    else children(node, visit);
                });
            })(tree, null);
            function note(name, chain) {
                for (let c = chain; c; c = c[1]) if (c[0].has(name)) return;
                found.add(name);
            }
            return [...found].filter(name => !shared.has(name));
        }

        """#

    private static let check = #"""
        function parse(source, ecmaVersion) {
            return acorn.parse(source, { ecmaVersion, sourceType: "script", locations: true });
        }
        function finding(error) {
            const place = error.loc || { line: 1, column: 0 };
            return { construct: String(error.message).replace(/ \(\d+:\d+\)$/, ""), line: place.line,
                column: place.column + 1 };
        }
        return function (source) {
            try {
                return JSON.stringify({ findings: [], undeclared: undeclared(parse(source, 5)) });
            } catch (olderError) {
                if (!(olderError instanceof SyntaxError)) throw olderError;
                let tree;
                try {
                    tree = parse(source, "latest");
                } catch (error) {
                    if (!(error instanceof SyntaxError)) throw error;
                    return JSON.stringify({ findings: [], undeclared: [], error: finding(error) });
                }
                const found = findings(tree, source);
                if (found.length === 0) found.push(finding(olderError));
                return JSON.stringify({ findings: found, undeclared: undeclared(tree) });
            }
        };
        """#
}
