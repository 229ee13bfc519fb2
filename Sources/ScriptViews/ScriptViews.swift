public import ScriptRuntime

/// Second views of the objects that hooks get, with Go's field names, for scripts that were written for them.
///
/// What scripts can rely on:
/// - A Kubernetes object (`pod`; `data.src.pod`, …) enumerates and serializes with JSON names. `ObjectMeta`, `TypeMeta`,
///   `Spec` and `Status` are further, non-enumerable properties: copies with Go names, made when first read, themselves
///   enumerable and serializable. In them an absent text is `""`, an absent pointer, map or list `null`.
/// - `data` enumerates and serializes with JSON names. Go names (`data.Protocol.Name`, `data.Source.IP`) are
///   non-enumerable aliases at every level: reading and writing one reads and writes the member.
///
/// An object without a second look costs a change of prototype and nothing more.
public enum ScriptViews {
    /// The prelude that adds the views; to be listed in ``ScriptEngineConfiguration/preludes``.
    public static let prelude = ScriptPrelude(
        name: "views", source: "(function (kit) {\n\"use strict\";\n" + core + kubernetes + items + entry + "\n})")

    private static let core = """
        const { create, keys, defineProperty, setPrototypeOf } = Object, isArray = Array.isArray;
        const plain = Object.prototype, plainList = Array.prototype;
        function isObject(value) { return typeof value === "object" && value !== null; }
        function put(target, name, value) {
            defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
        }
        function keep(target, name, value) {
            defineProperty(target, name, { value, writable: true, enumerable: false, configurable: true });
        }

        """

    private static let entry = """
        kit.decorate("onPodEvent", function (event, pod) { dressKubernetes(pod); });
        kit.decorate("onItemCaptured", dressItem);
        kit.decorate("onItemQueried", dressItem);
        """
}
