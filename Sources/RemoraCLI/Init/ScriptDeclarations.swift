/// What `remora init` writes: declarations of everything that scripts can use, for editors and for `tsc`.
///
/// Kept as text in the program, so that the declarations always fit the engine beside them. `HelperCatalog` lists the same
/// helpers by name, and a test holds the two together.
enum ScriptDeclarations {
    /// The content of `remora.d.ts`.
    static let text = [header, hooks, packets, items, payloads, kubernetes, goViews, helpers, vendors, files].joined(
        separator: "\n")

    /// The content of `jsconfig.json`.
    ///
    /// Each script has a scope of its own, which is what TypeScript calls a module (`moduleDetection`).
    static let configuration = """
        {
          "compilerOptions": {
            "target": "ES5",
            "lib": ["ES5"],
            "types": [],
            "allowJs": true,
            "checkJs": true,
            "noEmit": true,
            "moduleDetection": "force"
          },
          "include": ["remora.d.ts", "**/*.js"]
        }

        """

    private static let header = """
        // Everything that a Remora script can use, for editors: written by `remora init`, which writes it anew with --force.
        //
        // Scripts are ES5 (ECMA-262 5.1). To get completion inside a hook, name its type above it:
        //
        //     /** @type {Remora.onItemCaptured} */
        //     function onItemCaptured(data) { … }
        //
        // Names that a script puts on `this` at its top level are seen by all scripts of the process. Keys of `env` are
        // globals too; to use them as such, declare them in a file of your own: `declare var SLACK_WEBHOOK: string;`

        """
}
