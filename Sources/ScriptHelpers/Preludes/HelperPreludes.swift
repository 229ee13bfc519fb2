internal import JSON
internal import ScriptRuntime

/// Helpers that are written in JavaScript.
enum HelperPreludes {
    static func all(_ context: HelperContext) -> [ScriptPrelude] {
        [
            ScriptPrelude(name: "vendor.kinesis", source: kinesis),
            ScriptPrelude(name: "wrapper", source: wrapperSource),
            ScriptPrelude(name: "wrapper.kflPcapS3", source: recordingSource(context)),
        ]
    }

    /// Scripts join the result to a text.
    private static let kinesis = """
        (function (kit) {
            "use strict";
            const put = kit.host("vendor.kinesis._put"), later = kit.host("vendor.kinesis._put.later");
            const { stringify } = JSON, { apply, defineProperty } = Reflect;
            kit.define("vendor.kinesis.put", function () {
                const result = apply(put, undefined, arguments);
                defineProperty(result, "toString", { value: function () { return stringify(this); } });
                return result;
            });
            kit.define("vendor.kinesis.put.later", later);
        })
        """
}
