import JSON
import Testing

@testable import KubernetesSimulator

@Suite struct PatchTests {
    // MARK: JSON patch: each operation, and each way to fail, of RFC 6902

    @Test(
        "JSON patch changes what RFC 6902 says",
        arguments: [
            // add: a member, an element, at the end, a whole value, over an old one, null
            (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":2}]"#, #"{"a":1,"b":2}"#),
            (#"{"l":[1,3]}"#, #"[{"op":"add","path":"/l/1","value":2}]"#, #"{"l":[1,2,3]}"#),
            (#"{"l":[1]}"#, #"[{"op":"add","path":"/l/1","value":2}]"#, #"{"l":[1,2]}"#),
            (#"{"l":[1]}"#, #"[{"op":"add","path":"/l/-","value":[2]}]"#, #"{"l":[1,[2]]}"#),
            (#"{"a":1}"#, #"[{"op":"add","path":"","value":[]}]"#, "[]"),
            (#"{"a":1}"#, #"[{"op":"add","path":"/a","value":null}]"#, #"{"a":null}"#),
            // names with slash, tilde, and a number that is a name
            (#"{}"#, #"[{"op":"add","path":"/a~1b","value":1}]"#, #"{"a/b":1}"#),
            (#"{"~1":1}"#, #"[{"op":"remove","path":"/~01"}]"#, "{}"),
            (#"{"7":{"x":1}}"#, #"[{"op":"replace","path":"/7/x","value":2}]"#, #"{"7":{"x":2}}"#),
            // remove, replace, move, copy
            (#"{"a":1,"b":2}"#, #"[{"op":"remove","path":"/a"}]"#, #"{"b":2}"#),
            (#"{"l":[1,2,3]}"#, #"[{"op":"remove","path":"/l/1"}]"#, #"{"l":[1,3]}"#),
            (#"{"l":[1,2,3]}"#, #"[{"op":"replace","path":"/l/1","value":9}]"#, #"{"l":[1,9,3]}"#),
            (#"{"a":{"x":1},"b":{}}"#, #"[{"op":"move","from":"/a/x","path":"/b/y"}]"#, #"{"a":{},"b":{"y":1}}"#),
            (#"{"l":[1,2,3]}"#, #"[{"op":"move","from":"/l/0","path":"/l/2"}]"#, #"{"l":[2,3,1]}"#),
            (#"{"a":{"x":1}}"#, #"[{"op":"copy","from":"/a","path":"/b"}]"#, #"{"a":{"x":1},"b":{"x":1}}"#),
            // test: members in any order, numbers by value, and what follows is done
            (
                #"{"a":{"x":1,"y":"s"}}"#,
                #"[{"op":"test","path":"/a","value":{"y":"s","x":1.0}},{"op":"remove","path":"/a"}]"#, "{}"
            ),
            ("[1]", "[]", "[1]"),
        ])
    func jsonPatch(before: String, patch: String, after: String) throws {
        let patch = try JSONPatch(JSONValue(parsing: patch))
        #expect(try patch.applied(to: JSONValue(parsing: before)) == JSONValue(parsing: after))
    }

    @Test(
        "a JSON patch that does not fit changes nothing and is 422",
        arguments: [
            (#"{"a":1}"#, #"[{"op":"remove","path":"/b"}]"#),
            (#"{"a":1}"#, #"[{"op":"replace","path":"/b","value":1}]"#),
            (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":"1"}]"#),
            (#"{"a":1}"#, #"[{"op":"test","path":"/b","value":null}]"#),
            (#"{}"#, #"[{"op":"add","path":"/a/b","value":1}]"#),
            (#"{"l":[1]}"#, #"[{"op":"add","path":"/l/2","value":1}]"#),
            (#"{"l":[1]}"#, #"[{"op":"add","path":"/l/01","value":1}]"#),
            (#"{"l":[1]}"#, #"[{"op":"remove","path":"/l/-"}]"#),
            (#"{"l":[]}"#, #"[{"op":"remove","path":"/l/0"}]"#),
            (#"{"a":1}"#, #"[{"op":"move","from":"/b","path":"/c"}]"#),
            (#"{"a":{"b":{}}}"#, #"[{"op":"move","from":"/a","path":"/a/b"}]"#),
            (#"{"a":1}"#, #"[{"op":"add","path":"/a/b","value":1}]"#),
        ])
    func unfitJSONPatch(before: String, patch: String) throws {
        let patch = try JSONPatch(JSONValue(parsing: patch))
        let before = try JSONValue(parsing: before)
        #expect(throws: APIStatus.unprocessable()) { try patch.applied(to: before) }
    }

    @Test(
        "what is no JSON patch is 400",
        arguments: [
            #"{"op":"add"}"#, #"[{"op":"add","path":"/a"}]"#, #"[{"op":"jump","path":"/a"}]"#,
            #"[{"op":"remove","path":"a"}]"#, #"[{"op":"move","path":"/a"}]"#, "[1]",
        ])
    func malformedJSONPatch(patch: String) throws {
        let json = try JSONValue(parsing: patch)
        #expect { try JSONPatch(json) } throws: { ($0 as? APIStatus)?.code == 400 }
    }

    // MARK: Merge patch: the cases of RFC 7386, in our own words

    @Test(
        "merge patch replaces, adds and removes as RFC 7386 says",
        arguments: [
            (#"{"a":"x"}"#, #"{"a":"y"}"#, #"{"a":"y"}"#), (#"{"a":"x"}"#, #"{"b":"y"}"#, #"{"a":"x","b":"y"}"#),
            (#"{"a":"x"}"#, #"{"a":null}"#, "{}"), (#"{"a":"x","b":"y"}"#, #"{"a":null}"#, #"{"b":"y"}"#),
            (#"{"a":["x"]}"#, #"{"a":"y"}"#, #"{"a":"y"}"#), (#"{"a":"y"}"#, #"{"a":["x"]}"#, #"{"a":["x"]}"#),
            (#"{"a":{"b":"x"}}"#, #"{"a":{"b":"y","c":null}}"#, #"{"a":{"b":"y"}}"#),
            (#"{"a":[{"b":"x"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"["a","b"]"#, #"["c"]"#, #"["c"]"#),
            (#"{"a":"x"}"#, #"["c"]"#, #"["c"]"#), (#"{"a":"x"}"#, "null", "null"), (#"{"a":"x"}"#, #""y""#, #""y""#),
            (#"{"n":null}"#, #"{"a":1}"#, #"{"n":null,"a":1}"#), ("[1]", #"{"a":"y","c":null}"#, #"{"a":"y"}"#),
            ("{}", #"{"a":{"b":{"c":null}}}"#, #"{"a":{"b":{}}}"#),
        ])
    func mergePatch(before: String, patch: String, after: String) throws {
        #expect(
            try MergePatch.applied(JSONValue(parsing: patch), to: JSONValue(parsing: before))
                == JSONValue(parsing: after))
    }

    // MARK: Strategic merge patch

    @Test(
        "strategic merge patch merges lists by their keys and obeys directives",
        arguments: [
            // an element is merged, another added
            (
                #"{"containers":[{"name":"a","image":"1","tty":true},{"name":"b"}]}"#,
                #"{"containers":[{"name":"c"},{"name":"a","image":"2"}]}"#,
                #"{"containers":[{"name":"a","image":"2","tty":true},{"name":"b"},{"name":"c"}]}"#
            ),
            // lists within elements; ports of containers and of services
            (
                #"{"containers":[{"name":"a","env":[{"name":"X","value":"1"},{"name":"Y","value":"2"}]}]}"#,
                #"{"containers":[{"name":"a","env":[{"name":"Y","value":"3"}]}]}"#,
                #"{"containers":[{"name":"a","env":[{"name":"X","value":"1"},{"name":"Y","value":"3"}]}]}"#
            ),
            (
                #"{"ports":[{"port":80,"name":"w"}]}"#, #"{"ports":[{"port":80,"targetPort":8080},{"port":81}]}"#,
                #"{"ports":[{"port":80,"name":"w","targetPort":8080},{"port":81}]}"#
            ),
            // $patch: delete and replace, in lists and objects
            (
                #"{"containers":[{"name":"a"},{"name":"b"}]}"#, #"{"containers":[{"name":"a","$patch":"delete"}]}"#,
                #"{"containers":[{"name":"b"}]}"#
            ),
            (
                #"{"volumes":[{"name":"a"},{"name":"b"}]}"#, #"{"volumes":[{"$patch":"replace"},{"name":"c"}]}"#,
                #"{"volumes":[{"name":"c"}]}"#
            ),
            (#"{"m":{"a":1,"b":2}}"#, #"{"m":{"$patch":"replace","c":3}}"#, #"{"m":{"c":3}}"#),
            (#"{"m":{"a":1}}"#, #"{"m":{"$patch":"delete"}}"#, #"{"m":{}}"#),
            // $retainKeys, sets, and lists of no known key
            (
                #"{"strategy":{"type":"RollingUpdate","rollingUpdate":{"x":1}}}"#,
                #"{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}"#, #"{"strategy":{"type":"Recreate"}}"#
            ),
            (#"{"finalizers":["a"]}"#, #"{"finalizers":["b","a"]}"#, #"{"finalizers":["a","b"]}"#),
            (
                #"{"finalizers":["a","b"]}"#, #"{"$deleteFromPrimitiveList/finalizers":["a"]}"#,
                #"{"finalizers":["b"]}"#
            ),
            (#"{"args":["a","b"]}"#, #"{"args":["c"]}"#, #"{"args":["c"]}"#),
            // $setElementOrder puts the named ones in order
            (
                #"{"containers":[{"name":"a"},{"name":"b"}]}"#,
                #"{"$setElementOrder/containers":[{"name":"c"},{"name":"b"},{"name":"a"}],"containers":[{"name":"c"}]}"#,
                #"{"containers":[{"name":"c"},{"name":"b"},{"name":"a"}]}"#
            ),
            (#"{"a":1,"b":{"c":2}}"#, #"{"a":null,"b":{"c":null}}"#, #"{"b":{}}"#),
        ])
    func strategicMergePatch(before: String, patch: String, after: String) throws {
        #expect(
            try StrategicMergePatch.applied(JSONValue(parsing: patch), to: JSONValue(parsing: before))
                == JSONValue(parsing: after))
    }
}
